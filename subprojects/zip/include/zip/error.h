#pragma once
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace zip {

/// Why an archive is refused. The library does not know the archive's file name: the code that catches
/// it adds the name.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& reason) : std::runtime_error(reason) {}
  Error(std::string member, const std::string& reason)
      : std::runtime_error(reason), member_(std::move(member)) {}

  /// A clause about the archive, or about `member` if there is one: `it is encrypted`. Holds no bytes of the
  /// input, unlike `member`.
  const char* reason() const noexcept { return what(); }
  /// The name of the member at fault, as the archive writes it: untrusted bytes of any kind. nullopt: the
  /// archive as a whole is at fault.
  const std::optional<std::string>& member() const noexcept { return member_; }

 private:
  std::optional<std::string> member_;
};

}  // namespace zip

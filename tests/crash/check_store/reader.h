#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace check {

struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A reader of the grammar in docs/FORMAT.md, "Rules for all of it", written from that page and independent
/// of the reader under test.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) throw Malformed("it ends too early");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t number(std::size_t size) {
    const std::string_view bytes = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
  }
  std::uint64_t below(std::size_t size, std::uint64_t limit) {
    const std::uint64_t value = number(size);
    if (value >= limit) throw Malformed("a value that has no meaning");
    return value;
  }
  bool boolean() { return below(1, 2) == 1; }
  std::string text() { return std::string(take(number(4))); }
  template <class Each>
  void list(Each each) {
    for (std::uint64_t left = number(4); left > 0; --left) each();
  }
  void end() const {
    if (!rest_.empty()) throw Malformed("something follows its end");
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

inline std::string hex(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

}  // namespace check

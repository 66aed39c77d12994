#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "store/platform/files.h"

namespace envstore {

/// The output of a build: in a file, as the last part in memory, and passed on.
class BuildLog {
 public:
  /// Of the file, which is not written any further: a build may write for ever.
  static constexpr std::uint64_t kLargestFile = std::uint64_t{64} << 20;
  static constexpr std::size_t kTail = std::size_t{256} << 10;

  /// Creates the file, or appends to it. Throws Error.
  BuildLog(std::string path, std::function<void(std::string_view)> on_output);

  void add(std::string_view output);
  /// Forgets the last part: the next hook begins.
  void begin() { tail_.clear(); }
  const std::string& tail() const { return tail_; }  ///< at most 2 * kTail bytes, whole if it is less
  const std::string& path() const { return path_; }

 private:
  void write(std::string_view output);

  const std::string path_;
  const std::function<void(std::string_view)> on_output_;
  Fd file_;
  std::uint64_t size_ = 0;
  std::string tail_;
};

/// The last lines of an output, each cut and made safe for a terminal, indented, with a line feed before
/// each.
std::string last_lines(std::string_view output);

}  // namespace envstore

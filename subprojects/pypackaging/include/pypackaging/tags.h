#pragma once
#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pypackaging/result.h"

namespace pypackaging {

/// A compatibility tag (packaging.python.org "Platform compatibility tags", PEP 425).
struct Tag {
  std::string python, abi, platform;
  auto operator<=>(const Tag&) const = default;
  std::string text() const { return python + "-" + abi + "-" + platform; }
};

/// What decides which wheels an interpreter can use.
struct TagEnvironment {
  std::string implementation;   ///< `cpython`, `pypy`, ...: sys.implementation.name
  std::pair<int, int> version;  ///< (3, 11); of the language
  std::string abi;  ///< `cp311`, `cp313t`, `pypy39_pp73`, or empty: derived from the other members
  bool free_threaded = false;
  std::string platform;  ///< sysconfig.get_platform() with `-` and `.` as `_`: `linux_x86_64`
  std::optional<std::pair<int, int>> glibc;
  std::optional<std::pair<int, int>> musl;
  /// The answers of the interpreter's `_manylinux` module (PEP 600) by glibc major and minor version; absent:
  /// no answer.
  std::map<std::pair<int, int>, bool> manylinux_override = {};
  /// True if the interpreter's executable is built for the ABI that manylinux requires on armv7l and i686.
  bool has_hard_float = true;
};

/// Every tag that the interpreter accepts, best first, in the order of the reference implementation
/// (`packaging.tags.sys_tags`, 26): exact ABI, stable ABI (`abi3`, or `abi3t` of free-threaded builds), no
/// ABI, older stable ABIs, then pure wheels. Platforms: the plain one, manylinux from the newest, musllinux
/// from the newest; of `macosx_13_0_arm64` those of all older systems.
std::vector<Tag> supported_tags(const TagEnvironment& environment);

/// Expands a compressed tag set (`py2.py3-none-any`), in order, in lower case and without repeats. An error
/// if it expands to more than a thousand tags.
Result<std::vector<Tag>> parse_tag(std::string_view text);

/// A set of supported tags with fast lookup, for comparing many wheels.
class TagPriority {
 public:
  explicit TagPriority(std::vector<Tag> tags);
  /// The best position (0 is best) among the wheel's tags, or nullopt if none is supported.
  std::optional<std::size_t> rank(const std::vector<Tag>& wheel_tags) const;
  const std::vector<Tag>& tags() const { return tags_; }

 private:
  static constexpr std::size_t kFree = static_cast<std::size_t>(-1);

  std::size_t slot_of(const Tag& tag) const;

  std::vector<Tag> tags_;
  std::vector<std::size_t> slots_;  ///< open-addressing hash table of positions; lookups allocate nothing
};

}  // namespace pypackaging

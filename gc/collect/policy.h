#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envstore {

/// A size as users write it: `10GB` (10^9), `10GiB` (2^30), `500M` (= MiB, as du and uv read it), a number of
/// bytes, or `5%` of the filesystem.
struct SizeLimit {
  std::uint64_t bytes = 0;
  double percent = 0;  ///< of the filesystem's size; 0: `bytes` counts
  std::uint64_t of(std::uint64_t filesystem_bytes) const;
  bool operator==(const SizeLimit&) const = default;
};

/// What may be deleted. A live lease, a pin or a synced `.venv` outranks everything, then
/// grace, keep_last, reserved. What these do not protect is deleted once it is older than max_age, or for a
/// cap (max_size, min_free) even if it is younger.
struct Policy {
  std::optional<SizeLimit> max_size;                ///< of the store
  std::optional<SizeLimit> min_free;                ///< on the store's filesystem
  std::optional<SizeLimit> reserved;                ///< the store is never made smaller than this
  std::optional<std::chrono::nanoseconds> max_age;  ///< since the last use
  std::optional<std::uint64_t> keep_last;           ///< this many most recently used snapshots stay
  /// No deletion for this long after the last use or the making.
  std::chrono::nanoseconds grace = std::chrono::hours(1);
  bool operator==(const Policy&) const = default;
};

/// Both throw Error{usage} that lists the accepted forms. Durations: `90s`, `15m`, `12h`, `30d`, `2w`, `0`.
SizeLimit parse_size_limit(std::string_view text);
std::chrono::nanoseconds parse_duration(std::string_view text);
/// `1.4 GB`, `3 days`: for people.
std::string print_bytes(std::uint64_t bytes);
std::string print_duration(std::chrono::nanoseconds duration);

}  // namespace envstore

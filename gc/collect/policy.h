#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envstore {

/// A size as people give it: `10GB` (10^9), `10GiB` (2^30), `500M` (= MiB, as du and uv read it), a number of
/// bytes, or `5%` of the filesystem.
struct SizeLimit {
  std::uint64_t bytes = 0;
  double percent = 0;  ///< of the filesystem's size; 0: `bytes` counts
  std::uint64_t of(std::uint64_t filesystem_bytes) const;
  bool operator==(const SizeLimit&) const = default;
};

/// What may go (DESIGN section 8). A live lease, a pin or a synced `.venv` outranks everything, then grace,
/// keep_last, reserved; then the caps (max_size, min_free), which outrank age.
struct Policy {
  std::optional<SizeLimit> max_size;                       ///< of the store
  std::optional<SizeLimit> min_free;                       ///< on the store's filesystem
  std::optional<SizeLimit> reserved;                       ///< the store is never made smaller than this
  std::optional<std::chrono::nanoseconds> max_age;         ///< since the last use
  std::optional<std::uint64_t> keep_last;                  ///< so many most recently used snapshots stay
  std::chrono::nanoseconds grace = std::chrono::hours(1);  ///< since the last use or the making: untouched
  bool operator==(const Policy&) const = default;
};

/// Both throw Error{usage} that says what is understood. Durations: `90s`, `15m`, `12h`, `30d`, `2w`, `0`.
SizeLimit parse_size_limit(std::string_view text);
std::chrono::nanoseconds parse_duration(std::string_view text);
/// What parse_size_limit reads back to an equal limit: `5%`, `1500`.
std::string print_size_limit(const SizeLimit& limit);
/// `1.4 GB`, `3 days`: for people.
std::string print_bytes(std::uint64_t bytes);
std::string print_duration(std::chrono::nanoseconds duration);

}  // namespace envstore

#pragma once
#include <chrono>
#include <cstdint>
#include <limits>

namespace envstore {

// Times come from rows, which may hold any value: sums and differences saturate instead of overflowing.

inline std::int64_t after(std::int64_t time_ns, std::chrono::nanoseconds duration) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(time_ns, std::int64_t{duration.count()}, &sum)
             ? std::numeric_limits<std::int64_t>::max()
             : sum;
}

inline std::chrono::nanoseconds between(std::int64_t from_ns, std::int64_t to_ns) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(to_ns, from_ns, &difference))
    difference =
        to_ns > from_ns ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
  return std::chrono::nanoseconds(difference);
}

}  // namespace envstore

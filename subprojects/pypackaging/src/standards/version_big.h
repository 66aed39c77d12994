#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pypackaging/version.h"

namespace pypackaging {

/// Identifies a number of a version: one of these, or `release + i`.
namespace slot {
inline constexpr std::size_t epoch = 0, pre = 1, post = 2, dev = 3, release = 4;
}

struct LocalSegment {
  bool is_numeric;
  std::string text;  ///< lower case; a number without leading zeros
};

/// Compares strings of digits without leading zeros as numbers.
inline std::strong_ordering compare_digits(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

/// A number of any length: `digits` is empty unless it exceeds 64 bits.
struct Version::Number {
  std::uint64_t value;
  std::string_view digits;

  std::strong_ordering operator<=>(const Number& other) const {
    if (digits.empty() && other.digits.empty()) return value <=> other.value;
    return compare_digits(digits, other.digits);
  }
};

struct Version::Big {
  std::vector<std::uint64_t> release;  ///< the whole release, saturated; empty when it fits inline
  std::vector<std::pair<std::size_t, std::string>> long_numbers;  ///< slot and digits, by ascending slot
  std::vector<LocalSegment> local;
};

}  // namespace pypackaging

#pragma once
#include <chrono>

namespace envstore {

/// The longest time that the index's lock is held in one slice of a walk or a batch. A run has a handful of
/// transactions, and each may have to wait that long.
inline constexpr std::chrono::microseconds kLongestHold{500};

/// Ends a slice or a batch by time, not by row count: the cost of a row differs by a factor of 100 between
/// stores and disks.
class LockTimeSlice {
 public:
  bool is_over() const { return std::chrono::steady_clock::now() - begin_ >= kLongestHold; }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace envstore

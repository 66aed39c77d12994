#pragma once
#include <chrono>

namespace envstore {

/// How long one hold of the index's lock may keep a run waiting: a run has a handful of transactions, and
/// each may meet one of these.
inline constexpr std::chrono::microseconds kLongestHold{500};

/// Ends a slice or a batch by time: what a row costs differs a hundredfold between stores and disks.
class LockTimeSlice {
 public:
  bool is_over() const { return std::chrono::steady_clock::now() - begin_ >= kLongestHold; }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace envstore

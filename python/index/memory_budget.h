#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

namespace envstore {

/// Limits the memory that concurrent downloads use. Thread-safe. Shares may outlive the budget.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : left_(std::make_shared<std::atomic<std::uint64_t>>(bytes)) {}

  /// Reserves `size` bytes until the pointer is destroyed; nullptr: not enough left.
  std::shared_ptr<const void> take(std::uint64_t size) {
    std::uint64_t left = left_->load();
    do {
      if (size > left) return nullptr;
    } while (!left_->compare_exchange_weak(left, left - size));
    return {left_.get(), [left = left_, size](const void*) { *left += size; }};
  }

 private:
  std::shared_ptr<std::atomic<std::uint64_t>> left_;
};

}  // namespace envstore

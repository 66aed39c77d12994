#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

namespace envstore {

/// How much memory downloads may take at once. Thread-safe; what was lent may outlive it.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : left_(std::make_shared<std::atomic<std::uint64_t>>(bytes)) {}

  /// Room for `size` bytes until the pointer is gone; nullptr: there is none now.
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

#pragma once
#include <cstddef>
#include <span>
#include <utility>

namespace envstore {

/// Memory for much data at once, apart from the heap: zeroed, its first touch cheap (huge pages where the
/// system has them), given back whole. Throws std::bad_alloc.
class Memory {
 public:
  Memory() = default;
  explicit Memory(std::size_t size);
  Memory(Memory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Memory& operator=(Memory&& other) noexcept;
  ~Memory();
  std::size_t size() const { return size_; }
  std::span<std::byte> bytes() const { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace envstore

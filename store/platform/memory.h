#pragma once
#include <cstddef>
#include <span>
#include <utility>

namespace envstore {

/// A large block of zeroed memory outside the heap. The first access is cheap (huge pages where the system
/// has them), and the block is returned to the system as a whole. Throws std::bad_alloc.
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

#include "store/platform/memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace envstore {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Rounds up to whole huge pages if the size fills at least one.
std::size_t mapped_size(std::size_t size) {
  if (size < kHugePage) return size;
  if (size > SIZE_MAX - kHugePage) throw std::bad_alloc();
  return (size + kHugePage - 1) / kHugePage * kHugePage;
}

}  // namespace

Memory::Memory(std::size_t size) {
  if (size == 0) return;
  const std::size_t whole = mapped_size(size);
  void* const start = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  // A hint only: without huge pages the memory works as well, but more slowly.
  if (whole >= kHugePage) (void)madvise(start, whole, MADV_HUGEPAGE);
  data_ = static_cast<std::byte*>(start);
  size_ = size;
}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Memory::~Memory() {
  if (data_ != nullptr) munmap(data_, mapped_size(size_));
}

}  // namespace envstore

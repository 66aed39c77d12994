#pragma once
#include <cstddef>
#include <mutex>
#include <vector>

#include "store/platform/memory.h"

namespace envstore {

/// Keeps the buffers that wheels are unpacked into for reuse, because the first touch of a page is expensive.
/// Thread-safe.
class BufferPool {
 public:
  /// At least `size` bytes, uninitialised: the smallest kept buffer that fits, or a new one.
  Memory take(std::size_t size);
  void give_back(Memory buffer);

 private:
  std::mutex mutex_;  ///< protects the members below
  std::vector<Memory> idle_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace envstore

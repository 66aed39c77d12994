#include "python/wheel/buffer_pool.h"

#include <algorithm>

namespace envstore {
namespace {

constexpr std::size_t kMostKeptBytes = std::size_t{256} << 20;

}  // namespace

Memory BufferPool::take(std::size_t size) {
  {
    const std::lock_guard lock(mutex_);
    auto best = idle_.end();
    for (auto it = idle_.begin(); it != idle_.end(); ++it)
      if (it->size() >= size && (best == idle_.end() || it->size() < best->size())) best = it;
    if (best != idle_.end()) {
      Memory buffer = std::move(*best);
      idle_.erase(best);
      kept_bytes_ -= buffer.size();
      return buffer;
    }
    if (!idle_.empty()) {  // all are too small: free one for the new buffer
      kept_bytes_ -= idle_.back().size();
      idle_.pop_back();
    }
  }
  constexpr std::size_t kSmallest = std::size_t{2} << 20;
  return Memory(std::max(size, kSmallest));
}

void BufferPool::give_back(Memory buffer) {
  const std::lock_guard lock(mutex_);
  if (kept_bytes_ + buffer.size() > kMostKeptBytes) return;
  kept_bytes_ += buffer.size();
  idle_.push_back(std::move(buffer));
}

}  // namespace envstore

#include <condition_variable>
#include <mutex>
#include <queue>
#include <thread>

#include "python/wheel/wheel.h"

namespace envstore {
namespace {

struct Job {
  std::uint64_t weight = 0, number = 0;
  std::function<void()> run;
  bool operator<(const Job& other) const {
    return weight != other.weight ? weight < other.weight : number > other.number;
  }
};

constexpr std::size_t kMostKeptBytes = std::size_t{256} << 20;

}  // namespace

struct WorkPool::Impl {
  std::mutex mutex;  ///< protects everything but `threads`
  std::condition_variable changed;
  std::priority_queue<Job> jobs;
  std::uint64_t submitted = 0;
  bool is_closing = false;
  std::vector<Memory> idle_buffers;
  std::size_t kept_bytes = 0;
  std::vector<std::thread> threads;

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return is_closing || !jobs.empty(); });
      if (jobs.empty()) return;
      const std::function<void()> run = jobs.top().run;
      jobs.pop();
      lock.unlock();
      run();
      lock.lock();
    }
  }

  void close() {
    {
      const std::lock_guard lock(mutex);
      is_closing = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) thread.join();
  }
};

WorkPool::WorkPool(unsigned threads) : impl_(std::make_unique<Impl>()) {
  try {
    for (unsigned i = 0; i < threads; ++i) impl_->threads.emplace_back([this] { impl_->work(); });
  } catch (const std::system_error&) {
    // Continue with fewer threads: submitters also work on their own batch.
  }
}

WorkPool::~WorkPool() {
  impl_->close();
}

unsigned WorkPool::threads() const {
  return static_cast<unsigned>(impl_->threads.size());
}

void WorkPool::submit(std::uint64_t weight, std::function<void()> job) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->jobs.push({weight, impl_->submitted++, std::move(job)});
  }
  impl_->changed.notify_one();
}

Memory WorkPool::take_buffer(std::size_t size) {
  {
    const std::lock_guard lock(impl_->mutex);
    auto& idle = impl_->idle_buffers;
    auto best = idle.end();
    for (auto it = idle.begin(); it != idle.end(); ++it)
      if (it->size() >= size && (best == idle.end() || it->size() < best->size())) best = it;
    if (best != idle.end()) {
      Memory buffer = std::move(*best);
      idle.erase(best);
      impl_->kept_bytes -= buffer.size();
      return buffer;
    }
    if (!idle.empty()) {  // all are too small: free one for the new buffer
      impl_->kept_bytes -= idle.back().size();
      idle.pop_back();
    }
  }
  constexpr std::size_t kSmallest = std::size_t{2} << 20;
  return Memory(std::max(size, kSmallest));
}

void WorkPool::give_back(Memory buffer) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->kept_bytes + buffer.size() > kMostKeptBytes) return;
  impl_->kept_bytes += buffer.size();
  impl_->idle_buffers.push_back(std::move(buffer));
}

}  // namespace envstore

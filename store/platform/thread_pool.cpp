#include "store/platform/thread_pool.h"

#include <algorithm>
#include <system_error>

#include "store/platform/error.h"
#include "store/platform/limits.h"

namespace envstore {

unsigned core_count(unsigned most) {
  return std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::post(std::function<void()> job, std::uint64_t weight) {
  std::unique_lock lock(mutex_);
  if (jobs_.size() >= idle_ && threads_.size() < most_threads_) start_thread();
  if (threads_.empty()) {
    lock.unlock();
    return job();
  }
  jobs_.emplace(weight, std::move(job));
  changed_.notify_one();
}

void ThreadPool::require_thread() {
  const std::lock_guard lock(mutex_);
  if (threads_.empty() && !start_thread())
    throw Error(ErrorKind::io, "cannot start a thread: no more may run", kNoThreadHint);
}

/// The caller holds the mutex. False: no thread could be started; the pool then works with fewer.
bool ThreadPool::start_thread() {
  threads_.reserve(most_threads_);
  try {
    threads_.emplace_back([this] { run(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void ThreadPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return is_closing_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.begin()->second);
    jobs_.erase(jobs_.begin());
    lock.unlock();
    job();
    job = nullptr;  // what it owns is destroyed without the lock
    lock.lock();
  }
}

}  // namespace envstore

#include "python/index/thread_pool.h"

#include <system_error>

#include "store/platform/error.h"
#include "store/platform/limits.h"

namespace envstore {

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::post(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  if (jobs_.size() >= idle_ && threads_.size() < most_threads_ && !start_thread() && threads_.empty()) {
    lock.unlock();
    return job();
  }
  jobs_.push_back(std::move(job));
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
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace envstore

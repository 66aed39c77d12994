#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace envstore {

/// A pool of threads. A thread is started when no thread is idle, up to `most_threads`, so that a resolution
/// from the cache starts a few threads, not one per project.
class ThreadPool {
 public:
  explicit ThreadPool(unsigned most_threads) : most_threads_(most_threads) {}
  ~ThreadPool();  ///< runs all posted jobs, then joins; post must not be called any more
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// `job` must not throw. If no thread can be started at all, the caller runs it.
  void post(std::function<void()> job);
  /// For callers that must not run jobs themselves: throws Error{io} if no thread can be started at all.
  void require_thread();

 private:
  void run();
  bool start_thread();

  const unsigned most_threads_;
  std::mutex mutex_;  ///< protects the members below; not held while a job runs
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool is_closing_ = false;
};

}  // namespace envstore

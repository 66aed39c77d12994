#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace envstore {

/// Threads for short work, and threads that may wait for the network. Threads are started when no idle one is
/// there, up to the lane's limit, so that a resolution from the cache starts a few and not one for each
/// project.
class ThreadPool {
 public:
  explicit ThreadPool(unsigned most_threads) : most_threads_(most_threads) {}
  ~ThreadPool();  ///< does what was posted, then joins; nothing may be posted any more
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// `job` does not throw. Where not one thread can be had the caller runs it.
  void post(std::function<void()> job);
  /// For who must not run a job itself: throws Error where not one thread can be had.
  void require_thread();

 private:
  void run();
  bool start_thread();

  const unsigned most_threads_;
  std::mutex mutex_;  ///< protects what follows; jobs run without it
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool is_closing_ = false;
};

}  // namespace envstore

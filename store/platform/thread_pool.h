#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace envstore {

/// The processors of this machine, at least 1 and at most `most`.
unsigned core_count(unsigned most);

/// A pool of threads. A thread is started when no thread is idle, up to `most_threads`, so that a resolution
/// from the cache starts a few threads, not one per project. Where no more threads can be started (`ulimit
/// -u`, `ulimit -v`), the pool works with fewer, and without any the callers run the jobs.
class ThreadPool {
 public:
  explicit ThreadPool(unsigned most_threads) : most_threads_(most_threads) {}
  ~ThreadPool();  ///< runs all posted jobs, then joins; post must not be called any more
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// `job` must not throw. The job with the greatest weight is started first, equals in order. If no thread
  /// can be started at all, the caller runs it.
  void post(std::function<void()> job, std::uint64_t weight = 0);
  /// For callers that must not run jobs themselves: throws Error{io} if no thread can be started at all.
  void require_thread();
  unsigned most_threads() const { return most_threads_; }

 private:
  void run();
  bool start_thread();

  const unsigned most_threads_;
  std::mutex mutex_;  ///< protects the members below; not held while a job runs
  std::condition_variable changed_;
  std::multimap<std::uint64_t, std::function<void()>, std::greater<>> jobs_;  ///< by weight
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool is_closing_ = false;
};

}  // namespace envstore

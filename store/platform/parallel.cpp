#include "store/platform/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <new>

namespace envstore {
namespace {

/// Shared with the pool's jobs. A job may start after the batch has ended: it then finds no work and does not
/// touch `job`.
struct Batch {
  explicit Batch(std::size_t a_count, const std::function<void(std::size_t)>& a_job)
      : count(a_count), job(&a_job) {}

  const std::size_t count;
  const std::function<void(std::size_t)>* const job;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> has_failed = false;
  std::mutex mutex;  ///< protects the members below
  std::condition_variable changed;
  std::size_t done = 0;
  std::exception_ptr failure;

  void work() {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      std::exception_ptr caught;
      try {
        if (!has_failed) (*job)(i);
      } catch (...) {
        caught = std::current_exception();
      }
      finish(caught);
    }
  }

  void finish(const std::exception_ptr& caught) {
    const std::lock_guard lock(mutex);
    if (caught && !failure) {
      failure = caught;
      has_failed = true;
    }
    if (++done == count) changed.notify_all();
  }

  void wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return done == count; });
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace

void for_each_in_parallel(ThreadPool& pool, std::uint64_t weight, std::size_t count,
                          const std::function<void(std::size_t)>& job) {
  const auto batch = std::make_shared<Batch>(count, job);
  const std::size_t helpers = count > 0 ? std::min<std::size_t>(pool.most_threads(), count - 1) : 0;
  try {
    for (std::size_t i = 0; i < helpers; ++i) pool.post([batch] { batch->work(); }, weight);
  } catch (const std::bad_alloc&) {
    // Fewer helpers: those that run still use `job`, so this call must not end before them.
  }
  batch->work();
  batch->wait();
}

void for_each_in_parallel(unsigned threads, std::size_t count, const std::function<void(std::size_t)>& job) {
  ThreadPool helpers(std::max(threads, 1U) - 1);
  for_each_in_parallel(helpers, 0, count, job);
}

}  // namespace envstore

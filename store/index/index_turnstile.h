#pragma once
#include <mutex>
#include <thread>
#include <vector>

#include "store/platform/lock.h"

namespace envstore::index {

/// The one lock of the index, between processes, PID namespaces and threads alike: two bytes of
/// locks/index.lock. Byte 0, the gate, is held only while waiting for byte 1, so that a waiting writer keeps
/// later readers out. Protects every page of both environments. Taken after any other lock of the store
/// (promote.lock, gc.lock, a lease), and nothing is locked inside it. Each holder has its own file
/// description; idle ones are kept open for reuse.
class Turnstile {
 public:
  enum class Access { read_write, read_only };
  Turnstile(int root, Access access);

  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept;
    Hold& operator=(Hold&& other) noexcept;
    ~Hold() { release(); }
    void release() noexcept;

   private:
    friend class Turnstile;
    Turnstile* owner_ = nullptr;
    Fd fd_;
    std::thread::id thread_;
  };

  /// Waits. Throws std::logic_error if this thread holds the lock already (it would deadlock).
  Hold acquire(LockMode mode);

 private:
  Fd idle_or_new();
  Fd open_lock_file() const;
  void wait(int fd, LockMode mode) const;
  void give_back(Fd fd, std::thread::id thread) noexcept;
  void note_thread();

  int root_;
  Access access_;
  pid_t process_;
  std::mutex mutex_;  ///< protects idle_ and holders_; never held while waiting for the file lock
  std::vector<Fd> idle_;
  std::vector<std::thread::id> holders_;
};

}  // namespace envstore::index

#include "store/index/index_turnstile.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <stdexcept>
#include <string>

#include "store/platform/error.h"
#include "store/platform/store_paths.h"

namespace envstore::index {
namespace {

constexpr off_t kGate = 0;  // do not change: every version that shares a store must agree
constexpr off_t kLock = 1;

std::string lock_path() {
  return store_paths::kIndexLock;
}

}  // namespace

Turnstile::Turnstile(int root, Access access) : root_(root), access_(access), process_(getpid()) {}

Turnstile::Hold::Hold(Hold&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), fd_(std::move(other.fd_)), thread_(other.thread_) {}

Turnstile::Hold& Turnstile::Hold::operator=(Hold&& other) noexcept {
  if (this != &other) {
    release();
    owner_ = std::exchange(other.owner_, nullptr);
    fd_ = std::move(other.fd_);
    thread_ = other.thread_;
  }
  return *this;
}

void Turnstile::Hold::release() noexcept {
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->give_back(std::move(fd_), thread_);
}

Turnstile::Hold Turnstile::acquire(LockMode mode) {
  note_thread();
  Hold hold;
  hold.owner_ = this;
  hold.thread_ = std::this_thread::get_id();
  while (true) {
    hold.fd_ = idle_or_new();
    if (!hold.fd_) return hold;
    wait(hold.fd_.get(), mode);
    // If the lock file was deleted by a program that cleans up old files, other processes would lock a new
    // one.
    if (has_name(hold.fd_.get(), root_, lock_path())) return hold;
  }
}

void Turnstile::note_thread() {
  const std::lock_guard guard(mutex_);
  const auto self = std::this_thread::get_id();
  if (std::find(holders_.begin(), holders_.end(), self) != holders_.end())
    throw std::logic_error("a transaction of the index was begun inside another one");
  holders_.push_back(self);
}

Fd Turnstile::idle_or_new() {
  {
    const std::lock_guard guard(mutex_);
    if (!idle_.empty()) {
      Fd fd = std::move(idle_.back());
      idle_.pop_back();
      return fd;
    }
  }
  return open_lock_file();
}

Fd Turnstile::open_lock_file() const {
  if (access_ == Access::read_only) {
    std::optional<Fd> fd = try_open_file(root_, lock_path(), O_RDONLY);
    return fd ? std::move(*fd) : Fd();  // without a lock file the store has no writer, so no lock is needed
  }
  if (auto fd = try_open_file(root_, lock_path(), O_RDWR)) return std::move(*fd);
  make_directory_if_missing(root_, store_paths::kLocks, 0700);
  return open_file(root_, lock_path(), O_RDWR | O_CREAT, 0600);
}

void Turnstile::wait(int fd, LockMode mode) const {
  // An exclusive gate for readers too: with a shared one, a dense stream of readers would never leave it
  // free.
  wait_lock(fd, kGate, access_ == Access::read_only ? LockMode::shared : LockMode::exclusive);
  wait_lock(fd, kLock, mode);
  unlock(fd, kGate);
}

void Turnstile::give_back(Fd fd, std::thread::id thread) noexcept {
  if (getpid() != process_) return;  // after a fork, the lock and the mutex's state belong to the parent
  try {
    const std::lock_guard guard(mutex_);
    holders_.erase(std::find(holders_.begin(), holders_.end(), thread));
    if (!fd) return;
    unlock(fd.get(), kLock);
    idle_.push_back(std::move(fd));
  } catch (...) {
    // The descriptor is closed when `fd` goes out of scope, which releases the lock as well.
  }
}

}  // namespace envstore::index

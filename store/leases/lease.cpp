#include "store/leases/lease.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>

#include "store/leases/lease_file.h"
#include "store/leases/private_directory.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/lock.h"
#include "store/platform/path_names.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"
#include "store/process/process_roles.h"
#include "store/process/process_table.h"

namespace envstore {
namespace {

std::int64_t nanoseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

/// False: only a part was written, or nothing (a full disk). Readers of the file treat it as incomplete.
bool write_text(int fd, const std::string& text) {
  ssize_t count = 0;
  do {
    count = write(fd, text.data(), text.size());
  } while (count < 0 && errno == EINTR);
  return count == static_cast<ssize_t>(text.size());
}

/// Between the creation of the file and its lock, a process that removes dead leases may take it for a dead
/// one. That process then holds the lock, or has already removed the name: both are detected here, and a new
/// name is tried.
std::optional<Fd> try_make_locked(int root, const std::string& path, const std::string& text) {
  Fd fd = with_folder(root, path,
                      [&] { return open_file(root, path, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0600); });
  (void)write_text(fd.get(), text);
  if (try_lock(fd.get(), kLeaseLock, LockMode::exclusive) && has_name(fd.get(), root, path)) return fd;
  return std::nullopt;
}

bool is_usable(Index::Read& transaction, const SnapshotId& id) {
  if (!transaction.snapshot(id)) return false;
  const auto fate = transaction.fate(id);
  return !fate || fate->fate != Fate::deleting;
}

bool are_usable(StoreWriter& store, const std::vector<SnapshotId>& snapshots) {
  Index::Read transaction = store.index().read();
  return std::all_of(snapshots.begin(), snapshots.end(),
                     [&](const SnapshotId& id) { return is_usable(transaction, id); });
}

/// False: the snapshot is gone, or is being deleted. A snapshot that is only condemned is taken back.
bool claim(Index::Write& transaction, const SnapshotId& id, std::int64_t now_ns) {
  if (!is_usable(transaction, id)) return false;
  if (transaction.fate(id)) transaction.erase_fate(id);
  transaction.put_last_use(id, now_ns);
  return true;
}

/// Runs each step, even if an earlier one failed.
template <class... Steps>
void in_any_case(Steps... steps) noexcept {
  const auto quietly = [](auto& step) noexcept {
    try {
      step();
    } catch (...) {
      return;  // what stays is a dead lease, which the next run or gc removes
    }
  };
  (quietly(steps), ...);
}

void erase_row(StoreWriter& store, const std::string& name) {
  Index::Write transaction = store.index().write();
  transaction.erase_lease(name);
  transaction.commit();
}

/// A process of the run is still alive although the lock is free: it has closed every descriptor, and
/// the process that kept the lease for it was killed.
bool has_surviving_process(const std::string& lease) {
  const std::string variable = role::lease_variable(lease);
  const std::vector<pid_t> pids = other_processes();
  return std::any_of(pids.begin(), pids.end(),
                     [&](pid_t pid) { return has_variable(read_process_file(pid, "environ"), variable); });
}

}  // namespace

std::optional<Lease> Lease::acquire(StoreWriter& store, LeaseKind kind,
                                    const std::vector<SnapshotId>& snapshots, const std::string& what) {
  if (store.is_read_only()) return acquire_outside(store, snapshots);
  const std::int64_t now_ns = nanoseconds(store.clock().now());
  Lease lease;
  lease.row_ = {.kind = kind, .pid = getpid(), .made_at_ns = now_ns, .snapshots = snapshots, .what = what};
  const std::string text = lease_file_text(lease.row_);
  while (!lease.fd_) {
    lease.name_ = random_name();
    if (auto fd = try_make_locked(store.root(), store_paths::lease(lease.name_), text))
      lease.fd_ = std::move(*fd);
  }
  lease.store_ = &store;
  try {
    Index::Write transaction = store.index().write();
    const bool all_claimed = std::all_of(snapshots.begin(), snapshots.end(), [&](const SnapshotId& id) {
      return claim(transaction, id, now_ns);
    });
    if (all_claimed) {
      lease.put_row(transaction);
      transaction.commit();
      lease.has_row_ = true;
      return lease;
    }
  } catch (...) {
    in_any_case([&] { unlink_if_there(store.root(), store_paths::lease(lease.name_)); });
    lease.store_ = nullptr;
    throw;
  }
  return std::nullopt;
}

std::optional<Lease> Lease::acquire_outside(StoreWriter& store, const std::vector<SnapshotId>& snapshots) {
  if (!are_usable(store, snapshots)) return std::nullopt;
  PrivateDirectory directory = make_private_directory();
  Lease lease;
  lease.store_ = &store;
  lease.name_ = std::move(directory.name);
  lease.private_directory_ = std::move(directory.path);
  lease.fd_ = std::move(directory.lock);
  return lease;
}

Lease::Lease(Lease&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)),
      name_(std::move(other.name_)),
      private_directory_(std::move(other.private_directory_)),
      row_(std::move(other.row_)),
      fd_(std::move(other.fd_)),
      has_tmp_(other.has_tmp_),
      has_row_(other.has_row_) {}

Lease::~Lease() {
  if (store_ == nullptr) return;
  if (!private_directory_.empty()) {
    in_any_case([&] { remove_tree(AT_FDCWD, private_directory_); });
    return;
  }
  // The file goes last: while it exists and is locked, no other process touches what belongs to this lease.
  // If the row cannot be removed (a full disk), the file stays, too: without the file, nothing would show
  // that the lease is dead.
  in_any_case(
      [&] {
        if (has_row_) erase_row(*store_, name_);
        has_row_ = false;
      },
      [&] {
        if (has_tmp_) remove_tree(store_->root(), store_paths::tmp(name_));
      },
      [&] {
        if (!has_row_) unlink_if_there(store_->root(), store_paths::lease(name_));
      });
}

bool Lease::add(const std::vector<SnapshotId>& snapshots) {
  if (!private_directory_.empty()) return are_usable(*store_, snapshots);
  announce(snapshots);
  const std::int64_t now_ns = nanoseconds(store_->clock().now());
  Index::Write transaction = store_->index().write();
  for (const SnapshotId& id : snapshots)
    if (!claim(transaction, id, now_ns)) return false;
  put_row(transaction);
  transaction.commit();
  return true;
}

void Lease::announce(const std::vector<SnapshotId>& snapshots) {
  std::vector<SnapshotId> added;
  for (const SnapshotId& id : snapshots)
    if (std::find(row_.snapshots.begin(), row_.snapshots.end(), id) == row_.snapshots.end()) {
      row_.snapshots.push_back(id);
      added.push_back(id);
    }
  // If the snapshots cannot be appended, the file is emptied: an incomplete list would be wrong, but an empty
  // file means that the lease may use anything.
  if (!added.empty() && !write_text(fd_.get(), lease_file_addition(added)) && ftruncate(fd_.get(), 0) != 0)
    captured_errno().fail("write", store_paths::lease(name_));
}

void Lease::put_row(Index::Write& transaction) const {
  transaction.put_lease(name_, row_);
}

int Lease::make_inheritable(int lowest) {
  int fd = fcntl(fd_.get(), F_DUPFD, lowest);
  if (fd < 0 && errno == EINVAL) fd = fcntl(fd_.get(), F_DUPFD, 10);  // the file limit is below `lowest`
  if (fd < 0) captured_errno().fail("duplicate the descriptor of", store_paths::lease(name_));
  fd_ = Fd(fd);
  return fd;
}

void Lease::hand_over() {
  fd_.release();
  store_ = nullptr;
}

std::string Lease::tmp_directory() {
  std::string path = store_paths::tmp(name_);
  const std::atomic_ref has_tmp(has_tmp_);
  if (!has_tmp)
    with_folder(store_->root(), path, [&] { return make_directory_if_missing(store_->root(), path, 0700); });
  has_tmp = true;
  return path;
}

bool remove_held_lease(StoreWriter& store, const std::string& name) {
  // Free disk space first: on a full disk it may not be possible to erase the row.
  remove_tree(store.root(), store_paths::scratch(name));
  remove_tree(store.root(), store_paths::tmp(name));
  erase_row(store, name);
  return unlink_if_there(store.root(), store_paths::lease(name));
}

bool is_lease_live(const StoreReader& store, const std::string& name) {
  const std::optional<Fd> fd = try_open_file(store.root(), store_paths::lease(name), O_RDONLY);
  // The owner removes the row before the file. So a row without its file means that the file was deleted from
  // outside, and the lease may well be in use.
  if (!fd || !stat_open(fd->get(), store_paths::lease(name)).is_regular()) return true;
  return !is_lock_free(fd->get(), kLeaseLock);
}

namespace {

/// False: the lease is not dead, or another process removes it.
bool remove_if_dead(StoreWriter& store, const std::string& name) {
  const std::string path = store_paths::lease(name);
  const std::optional<Fd> fd = try_open_file(store.root(), path, O_RDWR);
  if (!fd || !try_lock(fd->get(), kLeaseLock, LockMode::exclusive)) return false;
  // The lock is held from here on, so that no other process removes the same lease, and the lease counts as
  // live until it is gone.
  return !has_surviving_process(name) && remove_held_lease(store, name);
}

}  // namespace

std::size_t remove_dead_leases(StoreWriter& store, std::vector<std::string>* failures) {
  if (store.is_read_only()) return remove_dead_private_directories();
  std::size_t removed = 0;
  for (const DirectoryEntry& entry : list_folder(store.root(), store_paths::kLeases)) {
    try {
      if (entry.type != DT_REG)
        remove_tree(store.root(), store_paths::lease(entry.name));  // not a lease
      else if (remove_if_dead(store, entry.name))
        ++removed;
    } catch (const Error& error) {
      if (failures != nullptr) failures->emplace_back(error.what());
    }
  }
  return removed;
}

}  // namespace envstore

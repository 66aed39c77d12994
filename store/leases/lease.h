#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/index/store.h"

namespace envstore {

/// The record that a process uses snapshots (DESIGN section 6), alive exactly as long as the lock on its file
/// is held by any process that inherited the descriptor. Never a pid, never a timeout. In a read-only store,
/// where nothing is ever collected, it is the lock on a directory outside, and has no row.
class Lease {
 public:
  /// Creates leases/<random>, writes into it what it is for, locks it, then one volatile transaction: each
  /// snapshot must have a row and not be `deleting` (a condemned one is taken back), the lease is recorded,
  /// the use noted. nullopt: a snapshot is gone; the caller provides it anew. Nothing is left behind then.
  static std::optional<Lease> acquire(Store& store, LeaseKind kind, const std::vector<SnapshotId>& snapshots,
                                      const std::string& what);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  /// Drops the lease unless `hand_over` was called: row, file, tmp/<lease>. Never throws.
  ~Lease();

  /// The name: 32 hex digits.
  const std::string& name() const { return name_; }
  int fd() const { return fd_.get(); }
  /// Absolute path of the directory that is this lease's own, outside a read-only store; else empty.
  const std::string& private_directory() const { return private_directory_; }
  /// Adds snapshots made since (an ingest leases what it has just made before it lets go of it).
  bool add(const std::vector<SnapshotId>& snapshots);
  /// The two steps of `add`, for whoever writes the snapshot's own row in the same transaction: the file
  /// names it before the transaction begins, the row in it. A row that was lost is made again.
  void announce(const std::vector<SnapshotId>& snapshots);
  void put_row(Index::Write& transaction) const;
  /// Makes the descriptor inheritable at a high number (above `lowest`), so that children keep the lease
  /// alive, and returns that number.
  int make_inheritable(int lowest = 100);
  /// The process ends without dropping the lease: what inherited the descriptor keeps it (--exec, keeper).
  void hand_over();
  /// `tmp/<lease>`, relative to the store's root, made on first call: the place for everything half made
  /// under this lease. Threads may call it at once.
  std::string tmp_directory();

 private:
  Lease() = default;
  static std::optional<Lease> acquire_outside(Store& store, const std::vector<SnapshotId>& snapshots);
  Store* store_ = nullptr;
  std::string name_, private_directory_;
  LeaseRow row_;
  Fd fd_;
  bool has_tmp_ = false, has_row_ = false;
};

/// Somebody holds its lock. Also true when the row's file is missing: then nobody can tell, until the boot
/// ends. Whoever decides what may go asks for leases without a row as well: store/leases/lease_file.h.
bool is_lease_live(Store& store, const std::string& name);

/// What belongs to a lease whose lock the caller holds: scratch, tmp, row, and last the file.
bool remove_held_lease(Store& store, const std::string& name);

/// Leases whose lock nobody holds: their rows, files, scratch and tmp go. Returns how many. Does not touch
/// live ones, nor those that a process which can be seen still carries in its environment (ENVSTORE_LEASE).
/// Of a read-only store: the private directories of such leases, of any store. What cannot be removed goes
/// into `failures` and stays, with its lease.
std::size_t remove_dead_leases(Store& store, std::vector<std::string>* failures = nullptr);

}  // namespace envstore

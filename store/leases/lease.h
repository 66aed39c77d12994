#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/index/store.h"

namespace envstore {

/// The record that a process uses snapshots, alive exactly as long as a process that
/// inherited the descriptor holds the lock on its file; pids and timeouts play no role. For a read-only
/// store, where nothing is ever collected, the lease is the lock on a directory outside the store, and has no
/// row.
class Lease {
 public:
  /// Creates leases/<random>, writes the content of the row into it and locks it. Then one volatile
  /// transaction checks that each snapshot has a row and is not `deleting` (a condemned one is taken back),
  /// records the lease and notes the use. nullopt: a snapshot is gone, and the caller has to make it again;
  /// the lease is removed in this case.
  static std::optional<Lease> acquire(StoreWriter& store, LeaseKind kind,
                                      const std::vector<SnapshotId>& snapshots, const std::string& what);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  /// Drops the lease unless `hand_over` was called: row, file, tmp/<lease>. Never throws.
  ~Lease();

  /// The name: 32 hex digits.
  const std::string& name() const { return name_; }
  int fd() const { return fd_.get(); }
  /// Absolute path of this lease's own directory outside a read-only store; empty for other stores.
  const std::string& private_directory() const { return private_directory_; }
  /// Adds snapshots made after `acquire` (an ingest leases a new snapshot before it releases the snapshot's
  /// lock). False: a snapshot is gone.
  bool add(const std::vector<SnapshotId>& snapshots);
  /// The two steps of `add`, for a caller that writes the snapshot's own row in the same transaction:
  /// `announce` adds the snapshots to the file before the transaction begins, `put_row` writes the lease's
  /// row in it. A lost row is written again.
  void announce(const std::vector<SnapshotId>& snapshots);
  void put_row(Index::Write& transaction) const;
  /// Makes the descriptor inheritable at a high number (above `lowest`), so that children keep the lease
  /// alive, and returns that number.
  int make_inheritable(int lowest = 100);
  /// For a process that ends without dropping the lease: the processes that inherited the descriptor keep it
  /// (--exec, keeper).
  void hand_over();
  /// `tmp/<lease>`, relative to the store's root, created on the first call: the directory for everything
  /// unfinished under this lease. Thread-safe.
  std::string tmp_directory();

 private:
  Lease() = default;
  static std::optional<Lease> acquire_outside(StoreWriter& store, const std::vector<SnapshotId>& snapshots);
  StoreWriter* store_ = nullptr;
  std::string name_, private_directory_;
  LeaseRow row_;
  Fd fd_;
  bool has_tmp_ = false, has_row_ = false;
};

/// True if a process holds the lease's lock. Also true if the row's file is missing, because liveness is then
/// unknown until the boot ends. Code that decides what may be removed must also check leases without a row:
/// store/leases/lease_file.h.
bool is_lease_live(const StoreReader& store, const std::string& name);

/// Removes what belongs to a lease whose lock the caller holds: scratch, tmp, row, and last the file.
bool remove_held_lease(StoreWriter& store, const std::string& name);

/// Removes the leases whose lock is free: their rows, files, scratch and tmp. Returns how many. Keeps
/// live leases, and those with a visible process that still has the lease in its environment
/// (ENVSTORE_LEASE). For a read-only store: removes the private directories of dead leases, of any store.
/// What cannot be removed is reported in `failures` and stays, with its lease.
std::size_t remove_dead_leases(StoreWriter& store, std::vector<std::string>* failures = nullptr);

}  // namespace envstore

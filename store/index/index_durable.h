#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/index/index_state.h"
#include "store/platform/lock.h"

// How rows get into the durable environment, and when readers see them there.
//
// A durable commit waits for the disk without holding the index's lock, so that other transactions do not
// wait. LMDB allows this, because a transaction writes only to pages that the last commit does not use:
// concurrent readers see the last commit as a whole. LMDB does not allow (1) a reader of a version older than
// the last commit, whose pages are reused, and (2) reading the meta page, which makes a commit current, while
// it is written (it is 4 KiB, written without a lock between processes). So the volatile side stores the
// number of the durable transaction that readers may see, `published`, written under the index's lock after
// the commit. (1) Publishing takes the lock exclusively, so readers of an older version have ended before the
// next commit. (2) A reader that finds a number other than the published one releases the lock, waits for the
// writer and tries again.

namespace envstore::index {

/// locks/durable.lock. Exclusive: the lock of a DurableTurn. Shared: no DurableTurn exists while it is held.
/// Waits.
FileLock durable_lock(int root, LockMode mode);

/// The right to write the durable environment: one writer at a time (locks/durable.lock). Taken before the
/// index's lock; waits.
class DurableTurn {
 public:
  using Change = std::pair<std::string, std::optional<std::string>>;  ///< a key; its row, or none: erased

  explicit DurableTurn(Index::Impl& impl);

  /// One transaction: its pages are on disk and readers see it when this returns. The commit survives a power
  /// cut once `Environment::sync` of the environment, which needs no turn, has returned.
  std::shared_ptr<Environment> commit(const std::vector<Change>& changes);

 private:
  Index::Impl& impl_;
  FileLock lock_;
};

/// True if the durable transaction that `durable` reads is the published one.
bool is_published(Transaction& volatile_side, const Transaction& durable);
/// Call this after is_published() returned false: waits for a writer that has not published yet, and
/// publishes for a writer that died, if it can. While the returned lock is held, the last commit is the one
/// to read. Not inside a transaction or a turn.
FileLock wait_until_published(Index::Impl& impl);

/// An entry of the volatile environment, with the number of its transaction at the time it was read.
struct Written {
  std::string key;
  std::uint64_t transaction = 0;
};
/// Erases these entries, which are durable now, from `volatile_side`, except those that were written again.
void forget(Index::Impl& impl, const std::shared_ptr<Environment>& volatile_side,
            const std::vector<Written>& entries);

/// Makes the entries that a transaction wrote to the volatile side durable, except those that were written
/// again since. They are on disk when this returns.
void make_durable(Index::Impl& impl, const std::shared_ptr<Environment>& volatile_side,
                  const std::vector<Written>& entries);

}  // namespace envstore::index

#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/index/index_state.h"
#include "store/platform/lock.h"

// How rows come into the durable environment, and when they are seen there.
//
// A durable commit waits for the disk, and nobody else shall: it is made without the index's lock. LMDB
// allows that, for a transaction writes only to pages that the last commit does not use: whoever reads
// meanwhile has the last commit, whole. What it does not allow is (1) a reader that is older than the last
// commit, whose pages are used again, and (2) reading the page that makes a commit current while it is
// written (it is 4 KiB, written with no lock between processes). So the volatile side tells the number of the
// durable transaction that readers may see, `published`, written under the index's lock when the commit is
// over: (1) publishing takes the lock exclusively, so readers of an older one have ended before the next
// commit; (2) whoever finds another number than the published one lets go, waits for the writer and looks
// again.

namespace envstore::index {

/// locks/durable.lock. Exclusive: a DurableTurn. Shared: nobody has one meanwhile. Waits.
FileLock durable_lock(int root, LockMode mode);

/// The right to write the durable environment: one writer at a time (locks/durable.lock). Taken before the
/// index's lock; waits.
class DurableTurn {
 public:
  using Change = std::pair<std::string, std::optional<std::string>>;  ///< a key; its row, or none: erased

  explicit DurableTurn(Index::Impl& impl);

  /// One transaction: its pages are on disk and readers see it when this returns. It outlives a power cut
  /// once `Environment::sync` of the environment, which needs no turn, has returned.
  std::shared_ptr<Environment> commit(const std::vector<Change>& changes);

 private:
  Index::Impl& impl_;
  FileLock lock_;
};

/// True: the durable transaction that `durable` reads is the one that was published.
bool is_published(Transaction& recent, const Transaction& durable);
/// After is_published() was false: waits for the writer who has not published yet, and publishes for one that
/// died, if it can. As long as the lock is held, the last commit is the one to read. Not inside a transaction
/// or a turn.
FileLock wait_until_published(Index::Impl& impl);

/// An entry of the volatile environment, as it was when its transaction was looked at.
struct Written {
  std::string key;
  std::uint64_t transaction = 0;
};
/// What is durable now need not stay on the volatile side: erases these entries from `recent`, but those that
/// were written again.
void forget(Index::Impl& impl, const std::shared_ptr<Environment>& recent,
            const std::vector<Written>& entries);

/// Makes what a transaction of the volatile side wrote durable, but what was written again since: on disk
/// when this returns.
void make_durable(Index::Impl& impl, const std::shared_ptr<Environment>& recent,
                  const std::vector<Written>& entries);

}  // namespace envstore::index

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <future>
#include <iterator>
#include <map>
#include <span>
#include <unordered_map>

#include "gc/collect/sweep.h"
#include "store/index/lock_time_slice.h"
#include "store/index/reserve.h"
#include "store/objects/tree_rows.h"
#include "store/platform/async.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::uint64_t kBlock = 4096;

std::uint64_t on_disk(std::uint64_t size) {
  return (size + kBlock - 1) / kBlock * kBlock;
}

/// Tests the locks of trees without taking them.
class TreeLocks {
 public:
  explicit TreeLocks(StoreWriter& store) : store_(store) {}

  bool is_free(const TreeId& id) {
    Fd& lock = locks_[id.bytes.front()];
    if (!lock || !has_name(lock.get(), store_.root(), store_paths::tree_lock(id))) lock = open(id);
    return !lock || is_lock_free(lock.get(), 0);
  }

 private:
  /// An empty Fd: the lock was never taken.
  Fd open(const TreeId& id) const {
    auto lock = try_open_file(store_.root(), store_paths::tree_lock(id), O_RDWR);
    return lock ? std::move(*lock) : Fd();
  }

  StoreWriter& store_;
  std::array<Fd, 256> locks_;
};

/// For one transaction: true if a tree has no row and no process is writing its rows. Does not wait, so the
/// order of locks is kept. A process that takes the lock now writes its rows after this transaction.
class GoneNow {
 public:
  GoneNow(TreeLocks& locks, const GoneTrees& gone) : locks_(locks), gone_(gone) {}

  bool operator()(Index::Read& rows, std::uint32_t tree) {
    const auto known = known_.find(tree);
    if (known != known_.end()) return known->second;
    return known_[tree] = !rows.tree(gone_.trees[tree]) && locks_.is_free(gone_.trees[tree]);
  }

 private:
  TreeLocks& locks_;
  const GoneTrees& gone_;
  std::unordered_map<std::uint32_t, bool> known_;
};

struct GoneBlob {
  BlobId id;
  std::uint64_t bytes;
};

/// The objects that were unlinked, and the failures.
struct Unlinked {
  std::uint64_t objects = 0, bytes = 0;
  std::vector<std::string> failures;
};

Fd open_objects(int root) {
  make_directory_if_missing(root, store_paths::kObjects, 0700);
  return open_directory(root, store_paths::kObjects);
}

/// Unlinks the objects of one batch, sorted by id. The lock is released between parts of a batch, so an
/// ingest waits for one part at most.
class ObjectSweep {
 public:
  ObjectSweep(StoreWriter& store, std::vector<GoneBlob> blobs)
      : store_(store), blobs_(std::move(blobs)), objects_(open_objects(store.root())) {}

  Unlinked run() {
    for (std::size_t next = 0; next < blobs_.size(); next += kObjectsALock) {
      const FileLock lock = lock_objects(store_, LockMode::exclusive);
      for (const GoneBlob* blob : without_row(next)) unlink(*blob);
    }
    return std::move(unlinked_);
  }

 private:
  static constexpr std::size_t kObjectsALock = 500;

  std::vector<const GoneBlob*> without_row(std::size_t first) {
    std::vector<const GoneBlob*> found;
    Index::Read rows = store_.index().read();
    for (std::size_t i = first; i < std::min(blobs_.size(), first + kObjectsALock); ++i)
      if (!rows.blob(blobs_[i].id)) found.push_back(&blobs_[i]);
    return found;
  }

  void unlink(const GoneBlob& blob) {
    const std::string path = store_paths::object(blob.id).substr(std::strlen(store_paths::kObjects) + 1);
    const std::size_t slash = path.find('/');
    try {
      if (path.compare(0, slash, folder_name_) != 0) {
        folder_name_ = path.substr(0, slash);
        folder_ = open_directory(objects_.get(), folder_name_);
      }
      if (!unlink_if_there(folder_.get(), path.substr(slash + 1))) return;
      ++unlinked_.objects;
      unlinked_.bytes += blob.bytes;
    } catch (const Error& error) {
      folder_name_.clear();
      unlinked_.failures.emplace_back(error.what());
    }
  }

  StoreWriter& store_;
  const std::vector<GoneBlob> blobs_;
  const Fd objects_;
  Fd folder_;  ///< consecutive objects share a folder
  std::string folder_name_;
  Unlinked unlinked_;
};

/// Erases the rows of one batch while the objects of the previous one are unlinked.
class BlobSweep {
 public:
  BlobSweep(StoreWriter& store, GoneTrees gone, GcReport& report)
      : store_(store), gone_(std::move(gone)), report_(report), locks_(store) {
    // Rows with neighbouring ids share pages.
    std::sort(gone_.blobs.begin(), gone_.blobs.end(),
              [](const GoneTrees::Blob& a, const GoneTrees::Blob& b) { return a.id < b.id; });
  }
  BlobSweep(const BlobSweep&) = delete;
  BlobSweep& operator=(const BlobSweep&) = delete;
  ~BlobSweep() { finish_unlinking(); }

  void run(const SweepProgress& progress) {
    while (next_ < gone_.blobs.size()) {
      std::vector<GoneBlob> dropped = drop_rows();
      finish_unlinking();
      const auto unlink_dropped = [&store = store_, blobs = std::move(dropped)]() mutable {
        return ObjectSweep(store, std::move(blobs)).run();
      };
      unlinking_ = async_or_deferred(unlink_dropped);
      progress(next_, gone_.blobs.size());
    }
  }

 private:
  /// Erasing many rows takes pages before any object is freed, so batches are small on a full disk.
  static std::size_t blobs_a_batch(const StoreReader& store) {
    constexpr std::size_t kUsual = 10'000, kOnFullDisk = 100;
    constexpr std::uint64_t kEnough = std::uint64_t{128} << 20;
    return free_bytes(store.root()) < kEnough ? kOnFullDisk : kUsual;
  }

  /// Erases rows in many short transactions, so that the index's lock is never held long, then makes the
  /// erasures durable with one commit: they are on disk when this returns.
  std::vector<GoneBlob> drop_rows() {
    std::vector<GoneBlob> dropped;
    const std::size_t end = std::min(gone_.blobs.size(), next_ + blobs_a_batch(store_));
    while (next_ < end) {
      Index::Write rows = store_.index().write();
      const LockTimeSlice slice;
      GoneNow is_gone(locks_, gone_);
      while (next_ < end && !slice.is_over()) drop_blob(rows, is_gone, dropped);
      rows.commit();
    }
    store_.index().promote_erasures();
    return dropped;
  }

  void drop_blob(Index::Write& rows, GoneNow& is_gone, std::vector<GoneBlob>& dropped) {
    const BlobId id = gone_.blobs[next_].id;
    for (; next_ < gone_.blobs.size() && gone_.blobs[next_].id == id; ++next_) {
      const std::uint32_t tree = gone_.blobs[next_].tree;
      if (tree != GoneTrees::kNone && is_gone(rows, tree)) rows.unlink_blob_from_tree(id, gone_.trees[tree]);
    }
    if (!rows.trees_of(id).empty()) return;
    const auto row = rows.blob(id);
    if (!row) return;
    rows.erase(id);
    dropped.push_back({id, on_disk(row->size)});
  }

  void finish_unlinking() {
    if (!unlinking_.valid()) return;
    try {
      Unlinked unlinked = unlinking_.get();
      report_.deleted_blobs += unlinked.objects;
      report_.freed_bytes += unlinked.bytes;
      std::move(unlinked.failures.begin(), unlinked.failures.end(), std::back_inserter(report_.failures));
    } catch (const std::exception& error) {
      report_.failures.emplace_back(error.what());
    }
  }

  StoreWriter& store_;
  GoneTrees gone_;
  GcReport& report_;
  TreeLocks locks_;
  std::future<Unlinked> unlinking_;
  std::size_t next_ = 0;
};

class UnnamedSearch {
 public:
  UnnamedSearch(StoreWriter& store, GoneTrees& gone) : store_(store), gone_(gone) {
    for (std::uint32_t i = 0; i < gone.trees.size(); ++i) positions_.emplace(gone.trees[i], i);
  }

  void run() {
    Index::Read rows = store_.index().read_in_slices();
    rows.each_blob_use([&](const BlobId& id, const BlobRow&, std::span<const TreeId> trees) {
      if (trees.empty()) gone_.blobs.push_back({id, GoneTrees::kNone});
      for (const TreeId& tree : trees)
        if (!has_row(rows, tree)) gone_.blobs.push_back({id, position_of(tree)});
      return true;
    });
  }

 private:
  bool has_row(Index::Read& rows, const TreeId& tree) {
    const auto known = has_row_.find(tree);
    if (known != has_row_.end()) return known->second;
    return has_row_[tree] = rows.tree(tree).has_value();
  }

  std::uint32_t position_of(const TreeId& tree) {
    const auto [found, is_new] = positions_.emplace(tree, static_cast<std::uint32_t>(gone_.trees.size()));
    if (is_new) gone_.trees.push_back(tree);
    return found->second;
  }

  StoreWriter& store_;
  GoneTrees& gone_;
  std::map<TreeId, std::uint32_t> positions_;
  std::map<TreeId, bool> has_row_;
};

}  // namespace

void find_unnamed_blobs(StoreWriter& store, GoneTrees& gone) {
  UnnamedSearch(store, gone).run();
}

void sweep_blobs(StoreWriter& store, GoneTrees gone, GcReport& report, const SweepProgress& progress) {
  if (!gone.blobs.empty()) BlobSweep(store, std::move(gone), report).run(progress);
}

}  // namespace envstore

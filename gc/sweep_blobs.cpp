#include <fcntl.h>

#include <algorithm>
#include <map>
#include <span>

#include "store/pace.h"
#include "gc/sweep.h"
#include "store/layout.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/tree_rows.h"

namespace envstore {
namespace {

constexpr std::uint64_t kBlock = 4096;

std::uint64_t on_disk(std::uint64_t size) {
  return (size + kBlock - 1) / kBlock * kBlock;
}

/// Of one transaction: whether a tree has no row, and nobody is writing its rows.
class GoneNow {
 public:
  GoneNow(Store& store, const GoneTrees& gone) : store_(store), gone_(gone) {}

  bool operator()(Index::Read& rows, std::uint32_t tree) {
    const auto known = known_.find(tree);
    if (known != known_.end()) return known->second;
    return known_[tree] = !rows.tree(gone_.trees[tree]) && is_lock_free(gone_.trees[tree]);
  }

 private:
  /// Nothing is waited for, so the order of locks is kept. Who takes it now writes its rows after this
  /// transaction.
  bool is_lock_free(const TreeId& id) const {
    return FileLock::attempt(store_.root(), std::string(layout::kLocks) + "/tree-" + id.hex().substr(0, 2),
                             LockMode::exclusive)
        .has_value();
  }

  Store& store_;
  const GoneTrees& gone_;
  std::map<std::uint32_t, bool> known_;
};

struct GoneBlob {
  BlobId id;
  std::uint64_t bytes;
};

class BlobSweep {
 public:
  BlobSweep(Store& store, GoneTrees gone, GcReport& report)
      : store_(store),
        gone_(std::move(gone)),
        report_(report),
        objects_(open_directory(store.root(), layout::kObjects)) {
    // Neighbouring rows share pages.
    std::sort(gone_.blobs.begin(), gone_.blobs.end(),
              [](const GoneTrees::Blob& a, const GoneTrees::Blob& b) { return a.id < b.id; });
  }

  void run(const SweepProgress& progress) {
    while (next_ < gone_.blobs.size()) {
      unlink(drop_rows());
      progress(next_, gone_.blobs.size());
    }
  }

 private:
  /// One transaction.
  std::vector<GoneBlob> drop_rows() {
    std::vector<GoneBlob> dropped;
    const Pace pace;
    Index::Write rows = store_.index().durable_write();
    GoneNow is_gone(store_, gone_);
    while (next_ < gone_.blobs.size() && !pace.is_over()) drop_blob(rows, is_gone, dropped);
    rows.commit();
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

  void unlink(const std::vector<GoneBlob>& dropped) {
    if (dropped.empty()) return;
    const FileLock lock = lock_objects(store_, LockMode::exclusive);
    for (const GoneBlob& blob : still_without_row(dropped)) {
      const std::string path = layout::object(blob.id);
      try {
        if (!unlink_if_there(objects_.get(), path.substr(path.find('/') + 1))) continue;
        ++report_.deleted_blobs;
        report_.freed_bytes += blob.bytes;
      } catch (const Error& error) {
        report_.failures.emplace_back(error.what());
      }
    }
  }

  std::vector<GoneBlob> still_without_row(const std::vector<GoneBlob>& dropped) {
    std::vector<GoneBlob> found;
    Index::Read rows = store_.index().read();
    for (const GoneBlob& blob : dropped)
      if (!rows.blob(blob.id)) found.push_back(blob);
    return found;
  }

  Store& store_;
  GoneTrees gone_;
  GcReport& report_;
  const Fd objects_;
  std::size_t next_ = 0;
};

class UnnamedSearch {
 public:
  UnnamedSearch(Store& store, GoneTrees& gone) : store_(store), gone_(gone) {
    for (std::uint32_t i = 0; i < gone.trees.size(); ++i) places_.emplace(gone.trees[i], i);
  }

  void run() {
    Index::Read rows = store_.index().read_in_slices();
    rows.each_blob_use([&](const BlobId& id, const BlobRow&, std::span<const TreeId> trees) {
      if (trees.empty()) gone_.blobs.push_back({id, GoneTrees::kNone});
      for (const TreeId& tree : trees)
        if (!has_row(rows, tree)) gone_.blobs.push_back({id, place_of(tree)});
      return true;
    });
  }

 private:
  bool has_row(Index::Read& rows, const TreeId& tree) {
    const auto known = has_row_.find(tree);
    if (known != has_row_.end()) return known->second;
    return has_row_[tree] = rows.tree(tree).has_value();
  }

  std::uint32_t place_of(const TreeId& tree) {
    const auto [found, is_new] = places_.emplace(tree, static_cast<std::uint32_t>(gone_.trees.size()));
    if (is_new) gone_.trees.push_back(tree);
    return found->second;
  }

  Store& store_;
  GoneTrees& gone_;
  std::map<TreeId, std::uint32_t> places_;
  std::map<TreeId, bool> has_row_;
};

}  // namespace

void find_unnamed_blobs(Store& store, GoneTrees& gone) {
  UnnamedSearch(store, gone).run();
}

void sweep_blobs(Store& store, GoneTrees gone, GcReport& report, const SweepProgress& progress) {
  if (!gone.blobs.empty()) BlobSweep(store, std::move(gone), report).run(progress);
}

}  // namespace envstore

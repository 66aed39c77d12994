#include "gc/verify/ledger.h"

#include <algorithm>

#include "store/platform/parallel.h"

namespace envstore {
namespace {

/// A transaction costs ten system calls: in a small store, more than reading the rows of a shard.
constexpr std::size_t kShardsAtOnce = 16;

}  // namespace

void Ledger::load(const StoreReader& store, unsigned threads) {
  std::mutex mutex;  // protects blobs_of_trees_
  store.index();     // opened here once, so that the threads find it open
  for_each_in_parallel(threads, kShards / kShardsAtOnce, [&](std::size_t part) {
    std::unordered_map<TreeId, std::uint64_t> counts;
    {
      Index::Read read = store.index().read_in_slices();
      for (std::size_t number = part * kShardsAtOnce; number < (part + 1) * kShardsAtOnce; ++number)
        load_shard(read, number, counts);
    }
    const std::lock_guard guard(mutex);
    for (const auto& [tree, count] : counts) blobs_of_trees_[tree] += count;
  });
}

void Ledger::load_shard(Index::Read& read, std::size_t number,
                        std::unordered_map<TreeId, std::uint64_t>& blobs_of_trees) {
  const auto first = static_cast<std::uint8_t>(number);
  read.each_blob_in(first, [&](const BlobId& id, const BlobRow& row) {
    shards_[number].push_back({.id = id, .row = row});
    return true;
  });
  read.each_tree_of_blobs_in(first, [&](const BlobId&, const TreeId& tree) {
    ++blobs_of_trees[tree];
    return true;
  });
}

KnownBlob* Ledger::find(const BlobId& id) {
  std::vector<KnownBlob>& shard = shards_[id.bytes[0]];
  const auto found =
      std::lower_bound(shard.begin(), shard.end(), id,
                       [](const KnownBlob& blob, const BlobId& wanted) { return blob.id < wanted; });
  return found != shard.end() && found->id == id ? &*found : nullptr;
}

std::uint64_t Ledger::blobs_of(const TreeId& id) const {
  const auto found = blobs_of_trees_.find(id);
  return found == blobs_of_trees_.end() ? 0 : found->second;
}

std::uint64_t Ledger::size() const {
  std::uint64_t size = 0;
  for (const auto& shard : shards_) size += shard.size();
  return size;
}

void Ledger::choose_stalest(double percent) {
  std::vector<KnownBlob*> all;
  double bytes = 0;
  for (auto& shard : shards_)
    for (KnownBlob& blob : shard) {
      all.push_back(&blob);
      bytes += static_cast<double>(blob.row.size);
    }
  std::sort(all.begin(), all.end(), [](const KnownBlob* a, const KnownBlob* b) {
    return a->row.verified_at_ns < b->row.verified_at_ns;
  });
  double wanted = bytes * percent / 100;
  for (KnownBlob* blob : all) {
    if (wanted <= 0) return;
    blob->is_chosen = true;
    wanted -= static_cast<double>(blob->row.size);
  }
}

void Renewals::write() {
  constexpr std::size_t kRowsPerTransaction = 500;
  if (store_.is_read_only()) changes_.clear();
  for (std::size_t next = 0; next < changes_.size();) {
    Index::Write write = store_.index().write();
    const std::size_t end = std::min(changes_.size(), next + kRowsPerTransaction);
    for (; next < end; ++next)
      if (write.blob(changes_[next].id) == changes_[next].before)
        write.put(changes_[next].id, changes_[next].now);
    write.commit();
  }
  changes_.clear();
}

}  // namespace envstore

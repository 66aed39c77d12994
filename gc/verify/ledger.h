#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/index/store.h"

namespace envstore {

/// A blob's row, and what was found at its path in objects/.
struct KnownBlob {
  enum class Object : std::uint8_t {
    unseen,
    sound,   ///< has the row's stamps
    differs  ///< reported; `seen_inode` is the inode found there
  };
  BlobId id;
  BlobRow row;
  std::uint64_t seen_inode = 0;
  Object object = Object::unseen;
  bool is_chosen = false;  ///< to be hashed, even if its stamps match
};

/// All rows of blobs, read in short transactions, sorted by id.
class Ledger {
 public:
  /// By the first byte of the id, like the folders of objects/.
  static constexpr std::size_t kShards = 256;

  /// Also counts the blobs of each tree, from the rows blob -> tree.
  void load(const StoreReader& store, unsigned threads);
  std::vector<KnownBlob>& shard(std::size_t number) { return shards_[number]; }
  KnownBlob* find(const BlobId& id);
  std::uint64_t blobs_of(const TreeId& id) const;
  std::uint64_t size() const;
  /// Sets `is_chosen` for the blobs hashed longest ago, up to this percentage of all bytes.
  void choose_stalest(double percent);

 private:
  void load_shard(Index::Read& read, std::size_t number,
                  std::unordered_map<TreeId, std::uint64_t>& blobs_of_trees);

  std::array<std::vector<KnownBlob>, kShards> shards_;
  std::unordered_map<TreeId, std::uint64_t> blobs_of_trees_;
};

/// Rows to be rewritten because their stamps no longer match the file, whose bytes are right.
class Renewals {
 public:
  explicit Renewals(StoreWriter& store) : store_(store) {}
  void add(const BlobId& id, const BlobRow& before, const BlobRow& now) {
    changes_.push_back({id, before, now});
  }
  /// Leaves rows alone that another process has written since. Does nothing in a read-only store.
  void write();

 private:
  struct Change {
    BlobId id;
    BlobRow before, now;
  };
  StoreWriter& store_;
  std::vector<Change> changes_;
};

}  // namespace envstore

#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "gc/verify/ledger.h"
#include "gc/verify/source_claims.h"
#include "gc/verify/verify.h"
#include "store/objects/tree.h"
#include "store/snapshots/placement_plan.h"

namespace envstore {

/// What the bytes of a file are, held against the blob that it should be.
enum class Content { right, right_but_row_differs, wrong };
struct Verdict {
  Content content = Content::wrong;
  std::string why;  ///< wrong: for people
};

/// What the parts of one verification share. Thread-safe but for `ledger`, which each shard's thread changes
/// for itself.
class Verification {
 public:
  Verification(Store& a_store, const VerifyOptions& some_options);

  Store& store;
  const VerifyOptions& options;
  const unsigned threads;
  Ledger ledger;
  SourceClaims claims;  ///< of bytecode that is right but for its source, which is hashed later
  /// The inode numbers that directories tell are those of stat: not so on overlayfs.
  const bool names_tell_inodes;
  std::atomic<std::uint64_t> files_looked_at = 0, files_hashed = 0, bytes_hashed = 0, stamps_renewed = 0,
                             foreign_bytecode = 0;

  bool hashes_all() const {
    return options.depth == VerifyDepth::full || options.depth == VerifyDepth::strict;
  }
  std::int64_t now_ns() const { return store.clock().now().time_since_epoch().count(); }

  void report(DamageFound damage);
  std::vector<DamageFound> take_found();
  /// Adds to files_looked_at, and tells the progress.
  void looked_at(std::uint64_t files);
  void expect(std::uint64_t files) { expected_ += files; }

  /// Hashes the open file, which should have `size` bytes. `real_size`: what it has. `whole`: its bytes,
  /// where they were kept (file_hash.h).
  Verdict hash_and_judge(int fd, const BlobId& id, std::uint64_t size, const KnownBlob* known,
                         std::optional<std::uint64_t> real_size = std::nullopt,
                         std::span<const std::byte>* whole = nullptr);
  /// The same, unless the file's inode was hashed for this blob before.
  Verdict judge(int directory, const std::string& name, std::uint64_t inode, const BlobId& id,
                std::uint64_t size, const KnownBlob* known);
  /// The tree's manifest; one that many snapshots need is read once. A damaged one is recovered where that
  /// can be done, else thrown. `fault`: what is wrong with it.
  std::shared_ptr<const TreeManifest> manifest(const TreeId& id, std::string* fault = nullptr);
  /// layout_trees (store/snapshots/placement_build.h) with these manifests.
  std::vector<LayoutTree> trees_of(const SnapshotRecord& record);

 private:
  std::mutex mutex_;  ///< protects what follows
  std::vector<DamageFound> found_;
  std::unordered_map<std::uint64_t, std::pair<BlobId, Verdict>> judged_;  ///< by inode
  struct ReadManifest {
    std::shared_ptr<const TreeManifest> manifest;
    std::string fault;
  };
  ReadManifest read_manifest(const TreeId& id);
  std::unordered_map<TreeId, ReadManifest> manifests_;
  std::size_t manifest_entries_ = 0;
  std::atomic<std::uint64_t> expected_ = 0;
  std::uint64_t told_ = 0;
};

/// From the tree's files, where these are all right: they tell the tree's id.
std::optional<TreeManifest> recover_manifest(Store& store, const TreeId& id);

mode_t mode_of(Executable executable);
/// `1,234 bytes` for messages.
std::string damage_of_mode(std::uint32_t is, std::uint32_t should_be);

struct TreeToVerify {
  TreeId id;
  TreeRow row;
  bool has_right_bytecode = false;  ///< it was looked at, and need not be again
};
/// Those with the most files first.
std::vector<TreeToVerify> trees_to_verify(Verification& verification);

/// Opened so that nothing that may lie there is followed or waited for. -1: errno says why.
Fd open_for_hashing(int directory, const std::string& name);
Verdict unreadable(int error);

// The parts. Each looks at everything of its kind.

/// At full depth: before the blobs, which are held against what bytecode claims of its source.
void verify_bytecode_of_trees(Verification& verification, std::vector<TreeToVerify>& trees);
void verify_blobs(Verification& verification);
void verify_trees(Verification& verification, std::vector<TreeToVerify> trees);
void verify_snapshots(Verification& verification);

/// Of one tree or snapshot: what is damaged now. Empty as well when its row is gone.
enum class LookAtBytecode { no, yes };
std::vector<DamageFound> examine_tree(Verification& verification, const TreeId& id, const TreeRow& row,
                                      LookAtBytecode bytecode = LookAtBytecode::yes);
std::vector<DamageFound> examine_snapshot(Verification& verification, const SnapshotId& id,
                                          const SnapshotRow& row);

}  // namespace envstore

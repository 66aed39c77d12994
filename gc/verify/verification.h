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

/// The result of comparing a file's bytes with the blob that it should be.
enum class Content { right, right_but_row_differs, wrong };
struct Verdict {
  Content content = Content::wrong;
  std::string why;  ///< if wrong: the reason, for people
};

/// State shared by the parts of one verification. Thread-safe except for `ledger`, of which each thread
/// changes only its own shard.
class Verification {
 public:
  Verification(StoreWriter& a_store, const DerivedFiles& derived_files, const VerifyOptions& some_options);

  StoreWriter& store;
  const DerivedFiles& derived;
  const VerifyOptions& options;
  const unsigned threads;
  Ledger ledger;
  SourceClaims claims;  ///< of bytecode that is right in all else; its source is hashed later
  /// Directory entries have the inode numbers that stat returns: not so on overlayfs.
  const bool names_tell_inodes;
  std::atomic<std::uint64_t> files_looked_at = 0, files_hashed = 0, bytes_hashed = 0, stamps_renewed = 0,
                             foreign_bytecode = 0;

  bool hashes_all() const {
    return options.depth == VerifyDepth::full || options.depth == VerifyDepth::strict;
  }
  std::int64_t now_ns() const { return store.clock().now().time_since_epoch().count(); }

  void report(DamageFound damage);
  std::vector<DamageFound> take_found();
  /// Adds to files_looked_at, and reports the progress.
  void looked_at(std::uint64_t files);
  void expect(std::uint64_t files) { expected_ += files; }

  /// Hashes the open file, which should have `size` bytes. `real_size`: its actual size. `whole`: set to its
  /// bytes if they were kept (file_hash.h).
  Verdict hash_and_judge(int fd, const BlobId& id, std::uint64_t size, const KnownBlob* known,
                         std::optional<std::uint64_t> real_size = std::nullopt,
                         std::span<const std::byte>* whole = nullptr);
  /// The same, unless this inode was hashed for this blob before.
  Verdict judge(int directory, const std::string& name, std::uint64_t inode, const BlobId& id,
                std::uint64_t size, const KnownBlob* known);
  /// The tree's manifest; cached, because many snapshots may need it. A damaged one is recovered if possible,
  /// else its error is thrown. `fault`: set to what is wrong with it; empty if nothing is.
  std::shared_ptr<const TreeManifest> manifest(const TreeId& id, std::string* fault = nullptr);
  /// layout_trees (store/snapshots/placement_build.h) with these manifests.
  std::vector<LayoutTree> trees_of(const SnapshotRecord& record);

 private:
  std::mutex mutex_;  ///< protects the members below
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

/// Rebuilds the manifest from the tree's files. nullopt: they do not give the tree's id.
std::optional<TreeManifest> recover_manifest(StoreWriter& store, const TreeId& id);

mode_t mode_of(Executable executable);
/// `its mode is 0644, should be 0444`, for messages.
std::string damage_of_mode(std::uint32_t is, std::uint32_t should_be);

struct TreeToVerify {
  TreeId id;
  TreeRow row;
  bool has_right_bytecode = false;  ///< it was examined, and need not be again
};
/// Trees with the most files come first.
std::vector<TreeToVerify> trees_to_verify(Verification& verification);

/// Opens a file without following a link or blocking on what may be there. An empty Fd: errno says why.
Fd open_for_hashing(int directory, const std::string& name);
Verdict unreadable(int error);

// The parts. Each examines everything of its kind.

/// Only at full and strict depth, before verify_blobs, which checks what bytecode claims about its sources.
void verify_bytecode_of_trees(Verification& verification, std::vector<TreeToVerify>& trees);
void verify_blobs(Verification& verification);
void verify_trees(Verification& verification, std::vector<TreeToVerify> trees);
void verify_snapshots(Verification& verification);

/// What is damaged now in one tree or snapshot. Empty for a snapshot that has no row or is `deleting`.
enum class LookAtBytecode { no, yes };
std::vector<DamageFound> examine_tree(Verification& verification, const TreeId& id, const TreeRow& row,
                                      LookAtBytecode bytecode = LookAtBytecode::yes);
std::vector<DamageFound> examine_snapshot(Verification& verification, const SnapshotId& id,
                                          const SnapshotRow& row);

}  // namespace envstore

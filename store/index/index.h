#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/index/rows.h"
#include "store/platform/digest.h"

namespace envstore {

/// The hint of errors for operations that a read-only store cannot do.
inline constexpr const char* kWritableStoreHint =
    "name a store that can be written: --store DIRECTORY, or ENVSTORE_ROOT";

/// The key of a document row that marks an unfinished rebuild: while the row exists, the index was created
/// again and does not yet have rows for everything on disk.
inline constexpr const char* kUnfinishedRebuild = "index:unfinished-rebuild";

/// The two LMDB environments as one map of rows. Reads look in the volatile environment,
/// then in the durable one. A `write()` goes to the volatile one; what must survive a power cut before the
/// next step goes through `promote` or `durable_write()`.
///
/// Open it once per process; do not use it across fork. Every transaction holds the store's own OFD turnstile
/// lock (locks/index.lock): byte 0 is the gate, byte 1 the lock. A durable commit waits for the disk without
/// holding it. Do no network access and no file copying in a transaction, and begin no second one in the same
/// thread. Throws Error{damaged}, with the hint `envstore verify --rebuild-index`, for a missing or damaged
/// environment.
class Index {
 public:
  class Read;
  class Write;
  enum class Access {
    read_write,
    read_only
  };  ///< read_only: for a read-only store; locks only an existing lock file

  /// `root`: the store's root directory. Creates the environments if the store has neither environments nor
  /// trees.
  Index(int root, Access access);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  Read read() const;
  /// For walks over many rows: `each_*` release the lock after each LockTimeSlice, so that no run waits for
  /// the walk. Not one consistent view: a row that exists during the whole walk is visited once; a row that
  /// is added or erased during the walk may be missed.
  Read read_in_slices() const;
  Write write();
  /// A transaction whose rows are on disk when `commit` returns: for roots, for `deleting`, and for erasures
  /// that must be durable before the files of the erased rows are removed. Other transactions see the rows
  /// slightly earlier; if they cannot be made durable, `commit` reverts them and throws. Does not sync other
  /// files: call `promote` first for what the new rows name.
  Write durable_write();

  /// Makes every row of the volatile environment that belongs in the durable one durable: syncfs, then synced
  /// transactions, then the rows leave the volatile side. False: another process is promoting (Wait::no). If
  /// only last uses are pending, they are promoted with Wait::yes only.
  enum class Wait { no, yes };
  bool promote(Wait wait);
  /// Makes every erasure durable that was committed before the call. Call it before removing the files that
  /// the erased rows named. Needs no syncfs, because it adds no row.
  void promote_erasures();
  /// True if rows wait for promotion. Last uses alone do not count: a run does not wait for the disk because
  /// of them.
  bool has_unpromoted() const;

  /// The id of this boot, which names the volatile environment.
  std::string boot() const;
  /// Names under volatile/ of earlier boots. Their unpromoted rows are lost: adopt what is on disk, then
  /// remove these directories.
  std::vector<std::string> other_boots() const;
  void remove_boot(const std::string& boot);  ///< throws std::logic_error for this boot

  /// For a damaged or lost index: moves both environments to trash/ and creates new ones. Other processes use
  /// the new ones from their next transaction on. The caller erases the row of kUnfinishedRebuild when it has
  /// restored the rows of what is on disk; until then, files without a row are not garbage.
  void recreate();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

/// A consistent view of both environments. Rows are copies: they outlive the transaction. A row that cannot
/// be decoded throws Error{damaged}. A row erased on the volatile side hides the durable one.
class Index::Read {
 public:
  Read(Read&&) noexcept;
  ~Read();

  std::optional<BlobRow> blob(const BlobId&);
  std::optional<TreeRow> tree(const TreeId&);
  std::optional<WheelRow> wheel(const WheelHash&);
  std::optional<SnapshotRow> snapshot(const SnapshotId&);
  std::optional<RequestRow> request(const Fingerprint&);
  std::optional<CachedRunRow> cached_run(const Fingerprint&);
  std::optional<InterpreterRow> interpreter(const std::string& path);
  std::optional<DocumentRow> document(const std::string& key);
  /// The same with at most `body_size` bytes of the body: reading a page's age and fingerprint does not copy
  /// the page.
  std::optional<DocumentRow> document_head(const std::string& key, std::size_t body_size);
  std::optional<LeaseRow> lease(const std::string& name);
  std::optional<FateRow> fate(const SnapshotId&);
  std::optional<std::int64_t> last_use_ns(const SnapshotId&);
  std::optional<RootRow> root(const std::string& name);

  std::vector<TreeId> trees_of(const BlobId&);
  std::vector<SnapshotId> snapshots_of(const TreeId&);

  // In key order; the callback returns false to stop. Each row is visited once, whether it is volatile,
  // durable or both.
  void each_blob(const std::function<bool(const BlobId&, const BlobRow&)>&);
  /// Every blob with the trees that contain it, in one walk over the blobs and their reverse table. The span
  /// is valid during the call only. Throws std::logic_error in a Write.
  void each_blob_use(const std::function<bool(const BlobId&, const BlobRow&, std::span<const TreeId>)>&);
  // Only rows whose blob id begins with this byte: a 256th of the table, so that writers do not wait long.
  void each_blob_in(std::uint8_t first_byte, const std::function<bool(const BlobId&, const BlobRow&)>&);
  void each_tree_of_blobs_in(std::uint8_t first_byte,
                             const std::function<bool(const BlobId&, const TreeId&)>&);
  void each_tree(const std::function<bool(const TreeId&, const TreeRow&)>&);
  void each_wheel(const std::function<bool(const WheelHash&, const WheelRow&)>&);
  void each_snapshot(const std::function<bool(const SnapshotId&, const SnapshotRow&)>&);
  void each_request(const std::function<bool(const Fingerprint&, const RequestRow&)>&);
  void each_cached_run(const std::function<bool(const Fingerprint&, const CachedRunRow&)>&);
  void each_interpreter(const std::function<bool(const std::string&, const InterpreterRow&)>&);
  void each_document(const std::function<bool(const std::string&, const DocumentRow&)>&);
  void each_lease(const std::function<bool(const std::string&, const LeaseRow&)>&);
  void each_root(const std::function<bool(const std::string&, const RootRow&)>&);
  void each_fate(const std::function<bool(const SnapshotId&, const FateRow&)>&);

  struct State;

 protected:
  friend class Index;
  explicit Read(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Rolled back on destruction unless committed. `commit` throws when the environment cannot be written
/// (ENOSPC).
class Index::Write : public Index::Read {
 public:
  Write(Write&&) noexcept;
  ~Write();

  void put(const BlobId&, const BlobRow&);
  void put(const TreeId&, const TreeRow&);
  void put(const WheelHash&, const WheelRow&);
  void put(const SnapshotId&, const SnapshotRow&);
  void put_request(const Fingerprint&, const RequestRow&);
  void put_cached_run(const Fingerprint&, const CachedRunRow&);
  void put_interpreter(const std::string& path, const InterpreterRow&);
  void put_document(const std::string& key, const DocumentRow&);
  void put_lease(const std::string& name, const LeaseRow&);
  void put_root(const std::string& name, const RootRow&);
  void put_fate(const SnapshotId&, const FateRow&);
  void put_last_use(const SnapshotId&, std::int64_t when_ns);
  void link_blob_to_tree(const BlobId&, const TreeId&);
  void link_tree_to_snapshot(const TreeId&, const SnapshotId&);

  void erase(const BlobId&);
  void erase(const TreeId&);
  void erase(const WheelHash&);
  void erase(const SnapshotId&);
  void erase_request(const Fingerprint&);
  void erase_cached_run(const Fingerprint&);
  void erase_interpreter(const std::string& path);
  void erase_document(const std::string& key);
  void erase_lease(const std::string& name);
  void erase_root(const std::string& name);
  void erase_fate(const SnapshotId&);
  void unlink_blob_from_tree(const BlobId&, const TreeId&);
  void unlink_tree_from_snapshot(const TreeId&, const SnapshotId&);

  void commit();

 private:
  friend class Index;
  using Index::Read::Read;
};

}  // namespace envstore

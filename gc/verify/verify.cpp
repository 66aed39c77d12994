#include "gc/verify/verify.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "gc/collect/spares.h"
#include "gc/verify/affected.h"
#include "gc/verify/verification.h"
#include "store/index/index_rebuild.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/snapshots/adopt.h"
#include "store/snapshots/snapshot_file.h"

namespace envstore {
namespace {

/// Rows whose files a collection has just removed, or will remove when it continues, are garbage and not
/// damage.
class GarbageCheck {
 public:
  explicit GarbageCheck(StoreWriter& store)
      : store_(store),
        collector_is_at_work_(!store.is_read_only() &&
                              !FileLock::attempt(store.root(), store_paths::kGcLock, LockMode::shared)) {}

  bool is_garbage(const DamageFound& damage) {
    Index::Read read = store_.index().read();
    if (damage.damage == Damage::damaged_row) return false;
    if (damage.damage == Damage::missing && is_back(damage)) return true;
    if (damage.snapshot) return is_going(read, *damage.snapshot);
    if (damage.tree)
      return !read.tree(*damage.tree) || (collector_is_at_work_ && !is_seen(read, *damage.tree));
    if (!damage.blob) return false;
    const std::vector<TreeId> trees = read.trees_of(*damage.blob);
    if (!read.blob(*damage.blob) || (trees.empty() && damage.damage == Damage::missing)) return true;
    return collector_is_at_work_ &&
           std::none_of(trees.begin(), trees.end(), [&](const TreeId& id) { return is_seen(read, id); });
  }

 private:
  /// True if the file was deleted and made again since it was examined.
  bool is_back(const DamageFound& damage) {
    return stat_at(store_.root(), damage.path, Links::do_not_follow).has_value();
  }
  static bool is_going(Index::Read& read, const SnapshotId& id) {
    const auto fate = read.fate(id);
    return !read.snapshot(id) || (fate && fate->fate == Fate::deleting);
  }
  static bool is_seen(Index::Read& read, const TreeId& id) {
    const std::vector<SnapshotId> snapshots = read.snapshots_of(id);
    return std::any_of(snapshots.begin(), snapshots.end(),
                       [&](const SnapshotId& snapshot) { return !is_going(read, snapshot); });
  }

  StoreWriter& store_;
  const bool collector_is_at_work_;
};

auto order_of(const DamageFound& damage) {
  return std::tie(damage.path, damage.damage, damage.detail);
}

std::vector<DamageFound> settle(StoreWriter& store, std::vector<DamageFound> found) {
  GarbageCheck check(store);
  std::erase_if(found, [&](const DamageFound& damage) { return check.is_garbage(damage); });
  std::sort(found.begin(), found.end(),
            [](const DamageFound& a, const DamageFound& b) { return order_of(a) < order_of(b); });
  const auto last = std::unique(found.begin(), found.end(), [](const DamageFound& a, const DamageFound& b) {
    return a.path == b.path && a.damage == b.damage;
  });
  found.erase(last, found.end());
  return found;
}

void check_index(StoreWriter& store) {
  index::check_environments(store.root(), store.is_read_only() ? index::Turnstile::Access::read_only
                                                               : index::Turnstile::Access::read_write);
  if (store.is_read_only() || !is_rebuild_unfinished(store)) return;
  // A process that is rebuilding the index holds this lock.
  const FileLock collector = FileLock::wait(store.root(), store_paths::kGcLock, LockMode::exclusive);
  if (is_rebuild_unfinished(store)) adopt_all(store);
}

/// Checks that every run cache entry can be read and has the key of its own text.
void check_cached_runs(const StoreReader& store) {
  store.index().read_in_slices().each_cached_run([](const Fingerprint& key, const CachedRunRow& row) {
    if (fingerprint(as_bytes(row.key_text)) != key)
      throw Error(ErrorKind::damaged, "cannot read a row of the index: its key is that of another row",
                  "`envstore verify --rebuild-index` creates the index again from what is on disk");
    return true;
  });
}

/// Records in the snapshots' files the roots that were made before these files recorded roots.
void note_all_roots(StoreWriter& store) {
  std::set<SnapshotId> kept;
  store.index().read().each_root([&](const std::string&, const RootRow& row) {
    kept.insert(row.snapshot);
    return true;
  });
  for (const SnapshotId& id : kept) note_roots(store, id);
}

VerifyReport look_at_everything(StoreWriter& store, const DerivedFiles& derived,
                                const VerifyOptions& options) {
  Verification verification(store, derived, options);
  verification.ledger.load(store, verification.threads);
  if (options.depth == VerifyDepth::sample) verification.ledger.choose_stalest(options.sample_percent);
  verification.expect(verification.ledger.size());
  std::vector<TreeToVerify> trees = trees_to_verify(verification);
  if (verification.hashes_all()) verify_bytecode_of_trees(verification, trees);
  verify_blobs(verification);
  verify_trees(verification, std::move(trees));
  verify_snapshots(verification);

  VerifyReport report;
  report.found = settle(store, verification.take_found());
  find_affected(verification, report.found);
  report.files_looked_at = verification.files_looked_at;
  report.files_hashed = verification.files_hashed;
  report.bytes_hashed = verification.bytes_hashed;
  report.stamps_renewed = verification.stamps_renewed;
  report.foreign_bytecode = verification.foreign_bytecode;
  report.is_foreign_bytecode_dropped = !store.is_read_only();
  return report;
}

}  // namespace

VerifyReport verify(StoreWriter& store, const DerivedFiles& derived, const VerifyOptions& options) {
  check_index(store);
  check_cached_runs(store);
  const std::optional<Lease> lease =
      store.is_read_only() ? std::nullopt : Lease::acquire(store, LeaseKind::verify, {}, "verify");
  VerifyReport report = look_at_everything(store, derived, options);
  if (store.is_read_only()) return report;
  note_all_roots(store);
  report.spares_dropped = drop_changed_spares(store);
  return report;
}

}  // namespace envstore

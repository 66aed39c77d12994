#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "gc/census/clock_trust.h"
#include "gc/collect/leftovers.h"
#include "store/index/lock_time_slice.h"
#include "store/platform/error.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::int64_t kDocumentLife = std::chrono::nanoseconds(std::chrono::hours(24 * 90)).count();

/// One table: stale rows are found by a read in slices, then checked again and erased in short transactions.
template <class Key, class Row>
struct StaleRows {
  using Visit = std::function<bool(const Key&, const Row&)>;
  std::function<void(Index::Read&, const Visit&)> each;
  std::function<bool(Index::Read&, const Row&)> is_stale;
  std::function<std::optional<Row>(Index::Read&, const Key&)> find;
  std::function<void(Index::Write&, const Key&)> erase;

  std::uint64_t remove(StoreWriter& store) const {
    const std::vector<Key> stale = find_stale(store);
    std::uint64_t erased = 0;
    for (std::size_t next = 0; next < stale.size();) {
      const LockTimeSlice slice;
      Index::Write rows = store.index().write();
      for (; next < stale.size() && !slice.is_over(); ++next) {
        const std::optional<Row> row = find(rows, stale[next]);
        if (!row || !is_stale(rows, *row)) continue;
        erase(rows, stale[next]);
        ++erased;
      }
      rows.commit();
    }
    return erased;
  }

  std::vector<Key> find_stale(StoreWriter& store) const {
    std::vector<Key> stale;
    Index::Read rows = store.index().read_in_slices();
    each(rows, [&](const Key& key, const Row& row) {
      if (is_stale(rows, row)) stale.push_back(key);
      return true;
    });
    return stale;
  }
};

std::uint64_t remove_requests(StoreWriter& store) {
  const StaleRows<Fingerprint, RequestRow> table{
      .each = [](Index::Read& rows, const auto& visit) { rows.each_request(visit); },
      .is_stale = [](Index::Read& rows, const RequestRow& row) { return !rows.snapshot(row.snapshot); },
      .find = [](Index::Read& rows, const Fingerprint& key) { return rows.request(key); },
      .erase = [](Index::Write& rows, const Fingerprint& key) { rows.erase_request(key); }};
  return table.remove(store);
}

std::uint64_t remove_cached_runs(StoreWriter& store) {
  const auto is_stale = [](Index::Read& rows, const CachedRunRow& row) {
    // Rows of earlier versions hold the words of the run themselves, passwords among them.
    constexpr std::size_t kDigits = 4 * sizeof(Fingerprint::bytes);
    return row.key_text.size() != kDigits ||
           std::any_of(row.snapshots.begin(), row.snapshots.end(),
                       [&](const SnapshotId& id) { return !rows.snapshot(id); });
  };
  const StaleRows<Fingerprint, CachedRunRow> table{
      .each = [](Index::Read& rows, const auto& visit) { rows.each_cached_run(visit); },
      .is_stale = is_stale,
      .find = [](Index::Read& rows, const Fingerprint& key) { return rows.cached_run(key); },
      .erase = [](Index::Write& rows, const Fingerprint& key) { rows.erase_cached_run(key); }};
  return table.remove(store);
}

std::uint64_t remove_wheels(StoreWriter& store) {
  const StaleRows<WheelHash, WheelRow> table{
      .each = [](Index::Read& rows, const auto& visit) { rows.each_wheel(visit); },
      .is_stale = [](Index::Read& rows, const WheelRow& row) { return !rows.tree(row.tree); },
      .find = [](Index::Read& rows, const WheelHash& key) { return rows.wheel(key); },
      .erase = [](Index::Write& rows, const WheelHash& key) { rows.erase(key); }};
  return table.remove(store);
}

/// Removes old documents, and those from the future, which no request treats as fresh. The largest time marks
/// a document that is never removed by age.
std::uint64_t remove_documents(StoreWriter& store, const LeftoverAge& age) {
  const auto is_stale = [age](Index::Read&, const DocumentRow& row) {
    const bool is_from_future = age.is_clock_trusted && is_ahead(row.fetched_at_ns, age.now_ns) &&
                                row.fetched_at_ns != std::numeric_limits<std::int64_t>::max();
    return is_from_future || row.fetched_at_ns < age.now_ns - kDocumentLife;
  };
  const StaleRows<std::string, DocumentRow> table{
      .each = [](Index::Read& rows, const auto& visit) { rows.each_document(visit); },
      .is_stale = is_stale,
      .find = [](Index::Read& rows, const std::string& key) { return rows.document_head(key, 0); },
      .erase = [](Index::Write& rows, const std::string& key) { rows.erase_document(key); }};
  return table.remove(store);
}

/// False if the path cannot be examined now: it may be there later.
bool is_missing(const std::string& path) {
  try {
    return !stat_at(AT_FDCWD, path, Links::follow).has_value();
  } catch (const Error&) {
    return false;
  }
}

bool watches_missing_path(const CachedRunRow& cached_run) {
  return std::any_of(cached_run.watched.begin(), cached_run.watched.end(),
                     [](const WatchedPath& watched) { return watched.stamp && is_missing(watched.path); });
}

/// Removes entries of projects and requirements files that no longer exist. Paths are examined outside of any
/// transaction: their disk may not answer.
std::uint64_t remove_cached_runs_of_missing_paths(StoreWriter& store) {
  std::vector<std::pair<Fingerprint, CachedRunRow>> cached_runs;
  store.index().read_in_slices().each_cached_run([&](const Fingerprint& key, const CachedRunRow& row) {
    if (!row.watched.empty()) cached_runs.emplace_back(key, row);
    return true;
  });
  std::erase_if(cached_runs, [](const auto& cached_run) { return !watches_missing_path(cached_run.second); });
  for (std::size_t next = 0; next < cached_runs.size();) {
    const LockTimeSlice slice;
    Index::Write rows = store.index().write();
    for (; next < cached_runs.size() && !slice.is_over(); ++next)
      if (rows.cached_run(cached_runs[next].first) == cached_runs[next].second)
        rows.erase_cached_run(cached_runs[next].first);
    rows.commit();
  }
  return cached_runs.size();
}

/// A key is the interpreter's path, which further lines may follow. A machine has few interpreters.
std::uint64_t remove_interpreters(StoreWriter& store) {
  std::vector<std::string> keys;
  store.index().read().each_interpreter([&](const std::string& key, const InterpreterRow&) {
    keys.push_back(key);
    return true;
  });
  std::erase_if(keys, [](const std::string& key) { return !is_missing(key.substr(0, key.find('\n'))); });
  if (keys.empty()) return 0;
  Index::Write rows = store.index().write();
  for (const std::string& key : keys) rows.erase_interpreter(key);
  rows.commit();
  return keys.size();
}

bool has_files(StoreWriter& store, const SnapshotId& id) {
  const std::string parts[] = {store_paths::snapshot(id, Layout::farm),
                               store_paths::snapshot(id, Layout::forest), store_paths::slots(id),
                               store_paths::snapshot_record(id)};
  return std::any_of(std::begin(parts), std::end(parts), [&](const std::string& part) {
    return stat_at(store.root(), part, Links::do_not_follow).has_value();
  });
}

/// A power cut may restore a `deleting` row without its snapshot. Files without a row are removed first, as
/// orphans.
std::uint64_t remove_fates(StoreWriter& store) {
  std::vector<SnapshotId> ids;
  {
    Index::Read rows = store.index().read_in_slices();
    rows.each_fate([&](const SnapshotId& id, const FateRow& row) {
      if (row.fate == Fate::deleting && !rows.snapshot(id)) ids.push_back(id);
      return true;
    });
  }
  std::erase_if(ids, [&](const SnapshotId& id) { return has_files(store, id); });
  if (ids.empty()) return 0;
  Index::Write rows = store.index().write();
  for (const SnapshotId& id : ids)
    if (!rows.snapshot(id)) rows.erase_fate(id);
  rows.commit();
  return ids.size();
}

}  // namespace

void remove_stale_rows(StoreWriter& store, const LeftoverAge& age, GcReport& report) {
  report.removed_leftovers += remove_fates(store);
  report.removed_leftovers += remove_requests(store);
  report.removed_leftovers += remove_cached_runs(store);
  report.removed_leftovers += remove_cached_runs_of_missing_paths(store);
  report.removed_leftovers += remove_wheels(store);
  if (age.ages_mean_something) report.removed_leftovers += remove_documents(store, age);
  report.removed_leftovers += remove_interpreters(store);
}

}  // namespace envstore

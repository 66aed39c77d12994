#include "gc/census/roots.h"

#include <algorithm>
#include <set>

#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"
#include "store/snapshots/snapshot_file.h"

namespace envstore {
namespace {

constexpr std::size_t kFewestDigits = 6;

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::vector<std::string> rows_of_pin(Index::Read& rows, const std::string& name) {
  std::vector<std::string> keys;
  rows.each_root([&](const std::string& key, const RootRow& row) {
    if (row.kind == RootKind::pin && row.path == name) keys.push_back(key);
    return true;
  });
  return keys;
}

void require_usable(Index::Write& rows, const SnapshotId& id) {
  const auto fate = rows.fate(id);
  if (!rows.snapshot(id) || (fate && fate->fate == Fate::deleting))
    throw Error(ErrorKind::not_found,
                format_text("cannot pin '{}': it is not in the store any more", id.hex()),
                "run what needs it once, then pin that");
  if (fate) rows.erase_fate(id);
}

/// A root of another kind may already have the requested name.
std::string free_key(Index::Read& rows, const std::string& name, std::size_t number) {
  std::string key = number == 0 ? name : format_text("{}#{}", name, number + 1);
  while (rows.root(key)) key += "'";
  return key;
}

/// Records roots in the snapshots' own files, where they survive the loss of the index. What cannot be
/// recorded now is recorded by verify.
void note_roots_of(StoreWriter& store, const std::set<SnapshotId>& snapshots) {
  for (const SnapshotId& id : snapshots) {
    try {
      note_roots(store, id);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::damaged && error.kind() != ErrorKind::no_space) throw;
    }
  }
}

/// Erases the rows of a pin, and returns the snapshots that they named.
std::set<SnapshotId> erase_pin(Index::Write& rows, const std::string& name) {
  std::set<SnapshotId> named;
  for (const std::string& key : rows_of_pin(rows, name)) {
    if (const auto row = rows.root(key)) named.insert(row->snapshot);
    rows.erase_root(key);
  }
  return named;
}

}  // namespace

void pin(StoreWriter& store, const std::string& name, const std::vector<SnapshotId>& snapshots) {
  // A durable root must not name a row that a power cut could lose.
  store.index().promote(Index::Wait::yes);
  const std::int64_t now_ns = store.clock().now().time_since_epoch().count();
  Index::Write rows = store.index().durable_write();
  std::set<SnapshotId> changed = erase_pin(rows, name);
  changed.insert(snapshots.begin(), snapshots.end());
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    require_usable(rows, snapshots[i]);
    rows.put_root(free_key(rows, name, i),
                  {.kind = RootKind::pin, .path = name, .snapshot = snapshots[i], .made_at_ns = now_ns});
  }
  rows.commit();
  note_roots_of(store, changed);
}

std::size_t unpin(StoreWriter& store, const std::string& name) {
  Index::Write rows = store.index().durable_write();
  const std::size_t count = rows_of_pin(rows, name).size();
  if (count == 0) return 0;
  const std::set<SnapshotId> changed = erase_pin(rows, name);
  rows.commit();
  note_roots_of(store, changed);
  return count;
}

std::vector<std::string> pin_names(const StoreReader& store) {
  std::set<std::string> names;
  Index::Read rows = store.index().read();
  rows.each_root([&](const std::string&, const RootRow& row) {
    if (row.kind == RootKind::pin) names.insert(row.path);
    return true;
  });
  return {names.begin(), names.end()};
}

bool looks_like_id(std::string_view text) {
  return text.size() >= kFewestDigits && text.size() <= 2 * sizeof(SnapshotId::bytes) && is_hexadecimal(text);
}

std::vector<SnapshotId> snapshots_like(const StoreReader& store, std::string_view prefix) {
  std::vector<SnapshotId> found;
  if (!looks_like_id(prefix)) return found;
  const std::string wanted = to_lower(prefix);
  Index::Read rows = store.index().read_in_slices();
  rows.each_snapshot([&](const SnapshotId& id, const SnapshotRow&) {
    if (id.hex().starts_with(wanted)) found.push_back(id);
    return true;
  });
  return found;
}

SnapshotId snapshot_like(const StoreReader& store, const std::string& prefix) {
  const std::vector<SnapshotId> found = snapshots_like(store, prefix);
  if (found.empty())
    throw Error(ErrorKind::not_found, format_text("cannot find a snapshot '{}' in the store", prefix),
                "'envstore ls' lists what there is");
  if (found.size() > 1)
    throw Error(
        ErrorKind::usage,
        format_text("'{}' is ambiguous: {} ids of snapshots begin with it", prefix, found.size()),
        format_text("give more digits, such as {}", found.front().hex().substr(0, prefix.size() + 4)));
  return found.front();
}

}  // namespace envstore

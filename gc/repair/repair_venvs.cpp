#include <fcntl.h>

#include "gc/repair/repair_parts.h"
#include "store/platform/error.h"
#include "store/platform/random.h"

namespace envstore {
namespace {

/// Links the object beside the bad file, then renames the link over the file. Both are on the store's
/// filesystem, because the bad file is an inode of the store.
void relink(StoreWriter& store, const std::string& path, const BlobId& blob) {
  const std::string beside = path + ".new-" + random_name();
  if (link_at(store.root(), store_paths::object(blob), AT_FDCWD, beside) != LinkResult::linked) return;
  rename_at(AT_FDCWD, beside, AT_FDCWD, path);
  unlink_if_there(AT_FDCWD, beside);
}

void relink_venv(Verification& verification, const RootRow& root,
                 const std::map<std::uint64_t, BlobId>& bad) {
  const auto row = verification.store.index().read().snapshot(root.snapshot);
  if (!row) return;
  const SnapshotRecord record = SnapshotRecord::parse(row->record);
  const std::vector<LayoutTree> trees = verification.trees_of(record);
  const auto own = stat_at(verification.store.root(), store_paths::kObjects, Links::do_not_follow);
  for (const auto& file : plan_layout(record, trees, Layout::forest).hard_links) {
    const std::string path = root.path + "/" + file.path;
    const auto stamp = stat_at(AT_FDCWD, path, Links::do_not_follow);
    if (!stamp || !own || stamp->device != own->device) continue;
    if (const auto blob = bad.find(stamp->inode); blob != bad.end())
      relink(verification.store, path, blob->second);
  }
}

}  // namespace

void repair_venvs(Verification& verification, const std::set<SnapshotId>& snapshots,
                  const std::map<std::uint64_t, BlobId>& bad) {
  std::vector<RootRow> venvs;
  verification.store.index().read().each_root([&](const std::string&, const RootRow& row) {
    if (row.kind == RootKind::venv && snapshots.contains(row.snapshot)) venvs.push_back(row);
    return true;
  });
  for (const RootRow& venv : venvs) {
    try {
      relink_venv(verification, venv, bad);
    } catch (const Error& error) {
      // For any other error, the folder may be gone or not accessible.
      if (error.kind() == ErrorKind::no_space) throw;
    }
  }
}

}  // namespace envstore

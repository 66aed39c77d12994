#include <dirent.h>
#include <fcntl.h>

#include "gc/census/scan.h"
#include "gc/verify/file_hash.h"
#include "gc/verify/verification.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

void scan_tree(StoreWriter& store, const std::string& tree, const std::string& below,
               std::vector<TreeEntry>& entries) {
  const Fd directory = open_directory(store.root(), tree + "/" + below);
  for (const ScannedName& name : scan_names(directory.get(), tree + "/" + below)) {
    const std::string path = below + "/" + name.text;
    if (name.type == DT_DIR) {
      scan_tree(store, tree, path, entries);
    } else if (name.type == DT_REG) {
      const Fd fd = open_file(directory.get(), name.text, O_RDONLY);
      const auto stamp = stat_at(directory.get(), name.text, Links::do_not_follow);
      const auto hash = hash_content(fd.get(), WithSha256::yes);
      if (!hash || !stamp) throw Error(ErrorKind::damaged, "cannot read '" + path + "'");
      entries.push_back(
          {path, (stamp->mode & 0100) != 0 ? Executable::yes : Executable::no, hash->blob, hash->size});
    }
  }
}

}  // namespace

std::optional<TreeManifest> recover_manifest(StoreWriter& store, const TreeId& id) {
  const std::string tree = store_paths::tree(id);
  try {
    std::vector<TreeEntry> entries;
    for (const char* part :
         {store_paths::kTreeSite, store_paths::kTreeBin, store_paths::kTreeData, store_paths::kTreeInclude})
      if (stat_at(store.root(), tree + "/" + part, Links::do_not_follow))
        scan_tree(store, tree, part, entries);
    TreeManifest manifest(std::move(entries));
    if (manifest.id() == id) return manifest;
  } catch (const Error& error) {
    // Any other error means that the manifest cannot be recovered.
    if (error.kind() == ErrorKind::no_space) throw;
  }
  return std::nullopt;
}

}  // namespace envstore

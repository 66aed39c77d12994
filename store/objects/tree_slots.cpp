#include "store/objects/tree_slots.h"

#include <algorithm>

#include "store/objects/tree_info.h"
#include "store/platform/folders.h"

namespace envstore {
namespace {

std::string up_to_root(const std::string& directory) {
  std::string up = "../../";  // out of trees/<id>
  for (auto levels = std::count(directory.begin(), directory.end(), '/') + 1; levels > 0; --levels)
    up += "../";
  return up;
}

}  // namespace

std::string slot_link(const std::string& directory, const TreeId& id, std::size_t slot) {
  return up_to_root(directory) + store_paths::slots(id) + "/" + std::to_string(slot);
}

void make_slots(StoreWriter& store, const TreeId& id, const TreeManifest& manifest) {
  const std::size_t count = source_directories(manifest).size();
  if (count == 0) return;
  const std::string owner = store_paths::slots(id);
  with_folder(store.root(), owner, [&] { return make_directory_if_missing(store.root(), owner, 0755); });
  const Fd slots = open_directory(store.root(), owner);
  for (std::size_t slot = 0; slot < count; ++slot)
    make_directory_if_missing(slots.get(), std::to_string(slot), 0555);
}

void link_slots(int tree, const TreeId& id, const TreeManifest& manifest) {
  std::size_t slot = 0;
  for (const std::string& directory : source_directories(manifest))
    symlink_at(slot_link(directory, id, slot++), tree, directory + "/" + store_paths::kSlotLink);
}

}  // namespace envstore

#include "store/index/store_folders.h"

#include <dirent.h>

#include "store/platform/files.h"

namespace envstore {
namespace {

bool is_folder(const std::string& path) {
  return path.find('/') == std::string::npos;
}

}  // namespace

std::vector<std::string> obstacles(int root) {
  std::vector<std::string> found;
  for (const char* folder : kStoreFolders) {
    const auto stamp = stat_at(root, folder, Links::do_not_follow);
    if (stamp && !stamp->is_directory()) found.emplace_back(folder);
  }
  const auto locks = stat_at(root, store_paths::kLocks, Links::do_not_follow);
  if (!locks || !locks->is_directory()) return found;
  for (const DirectoryEntry& entry : list_directory(root, store_paths::kLocks))
    if (entry.type != DT_REG) found.push_back(std::string(store_paths::kLocks) + "/" + entry.name);
  return found;
}

std::vector<std::string> remove_obstacles(int root) {
  std::vector<std::string> found = obstacles(root);
  for (const std::string& path : found) {
    remove_tree(root, path);
    if (is_folder(path)) make_directory_if_missing(root, path, 0700);
  }
  return found;
}

}  // namespace envstore

#include "store/snapshots/placement_names.h"

namespace envstore {

std::string place_of(const SnapshotRecord& record, std::string_view in_tree) {
  const std::size_t slash = in_tree.find('/');
  const std::string_view part = in_tree.substr(0, slash);
  const std::string_view rest = in_tree.substr(slash + 1);
  if (part == store_paths::kTreeData) return std::string(rest);
  if (part == store_paths::kTreeSite) return record.site_path + "/" + std::string(rest);
  return std::string(in_tree);
}

std::string snapshot_slot(const SnapshotId& id, std::string_view below) {
  return store_paths::slots(id) + "/" + fingerprint(as_bytes(below)).hex();
}

std::string top_of(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() + 1 && path.starts_with(directory) && path[directory.size()] == '/';
}

bool is_directly_in(std::string_view path, std::string_view directory) {
  return is_below(path, directory) && path.find('/', directory.size() + 1) == std::string_view::npos;
}

}  // namespace envstore

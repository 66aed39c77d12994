#include "store/platform/folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdio>

#include "store/platform/path_names.h"

namespace envstore {
namespace {

/// A directory can be moved to another parent only while it is writable.
void make_movable(int root, const std::string& path) {
  if (fchmodat(root, path.c_str(), 0755, 0) != 0) {
    const int error = errno;
    if (error != ENOENT) throw_errno(error, "set the mode of", named(root, path));
  }
}

/// False: it cannot be renamed.
bool try_rename(int root, const std::string& path, const std::string& to) {
  return with_folder(root, to, [&] {
    if (renameat(root, path.c_str(), root, to.c_str()) == 0) return true;
    const int error = errno;
    if (error == EXDEV || error == ENOSPC || error == EDQUOT) return false;
    throw_errno(error, "rename", named(root, path));
  });
}

}  // namespace

std::vector<DirectoryEntry> list_folder(int directory, const std::string& path) {
  try {
    return list_directory(directory, path);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found || stat_at(directory, path, Links::do_not_follow)) throw;
    return {};
  }
}

MovedAway move_away(int root, const std::string& path, const std::string& to) {
  const auto stamp = stat_at(root, path, Links::do_not_follow);
  if (!stamp) return MovedAway::nothing_there;
  if (stamp->is_directory()) make_movable(root, path);
  try {
    if (try_rename(root, path, to)) return MovedAway::renamed;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found || stat_at(root, path, Links::do_not_follow)) throw;
    return MovedAway::nothing_there;  // another process took it, as a run takes its spare scratch
  }
  remove_tree(root, path);
  return MovedAway::removed;
}

}  // namespace envstore

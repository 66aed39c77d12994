#pragma once
#include <string>
#include <vector>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"

// Programs that clean up old files also remove empty folders, of which a store has many. So the code that
// needs a folder creates it if it is missing.

namespace envstore {

/// Runs `call`, which creates `path`. If the parent folder of `path` is missing, creates it and runs `call`
/// once more.
template <class Call>
auto with_folder(int directory, const std::string& path, Call call) {
  try {
    return call();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found || parent_of(path).empty()) throw;
  }
  make_directories(directory, parent_of(path), 0700);
  return call();
}

/// The entries of a folder; none if the folder is missing.
std::vector<DirectoryEntry> list_folder(int directory, const std::string& path);

enum class MovedAway { nothing_there, renamed, removed };
/// Moves a file or directory out of the way by one rename to `to`, an unused name. If the rename is not
/// possible (a directory of a lower overlayfs layer; no space for the new name), removes it in place: files
/// first, the directory last.
MovedAway move_away(int root, const std::string& path, const std::string& to);

}  // namespace envstore

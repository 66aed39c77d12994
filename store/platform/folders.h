#pragma once
#include <string>
#include <vector>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"

// Cleaners of old files remove empty folders, of which a store has many: whoever needs one makes it again.

namespace envstore {

/// Runs `call`, which makes `path`. Where the folder that it lies in is not there, makes that folder and runs
/// `call` once more.
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

/// What is in a folder that may be missing.
std::vector<DirectoryEntry> list_folder(int directory, const std::string& path);

enum class MovedAway { nothing_there, renamed, removed };
/// Takes a file or directory out of the way by one rename to `to`, a free name. What cannot be renamed (a
/// directory of a lower overlayfs layer; no room for the new name) is removed where it is: files first, the
/// directory last.
MovedAway move_away(int root, const std::string& path, const std::string& to);

}  // namespace envstore

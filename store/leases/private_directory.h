#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "store/platform/files.h"

namespace envstore {

/// A directory outside the store for one run alone, 0700: a run of a read-only store has its scratch there,
/// and its lease is the lock on it. Named `envstore-<32 hex digits>`, in $XDG_RUNTIME_DIR, else in /tmp.
struct PrivateDirectory {
  std::string name;  ///< the 32 hex digits
  std::string path;  ///< absolute
  Fd lock;           ///< the directory itself, with an flock that dies with the last process that has it
};

/// Throws Error when there is no place for one from which programs can be started.
PrivateDirectory make_private_directory();

/// Those of this user that nobody holds. Returns how many; what cannot be removed is left alone.
std::size_t remove_dead_private_directories();

/// `path` lies where a private directory would, whether there is one or not.
bool is_in_private_directory(std::string_view path);

}  // namespace envstore

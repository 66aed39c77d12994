#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "store/platform/files.h"

namespace envstore {

/// A directory outside the store for a single run, 0700: a run of a read-only store has its scratch there,
/// and its lease is the lock on the directory. Named `envstore-<32 hex digits>`, in $XDG_RUNTIME_DIR, else in
/// /tmp.
struct PrivateDirectory {
  std::string name;  ///< the 32 hex digits
  std::string path;  ///< absolute
  Fd lock;  ///< the directory itself, with an flock that the last process with this descriptor releases
};

/// Throws Error if no candidate directory allows programs to be started from it.
PrivateDirectory make_private_directory();

/// Removes the private directories of this user whose lock is free. Returns how many; those that cannot
/// be removed stay.
std::size_t remove_dead_private_directories();

/// True if `path` is inside the path of a private directory, whether that exists or not.
bool is_in_private_directory(std::string_view path);

}  // namespace envstore

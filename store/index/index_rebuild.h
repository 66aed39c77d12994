#pragma once
#include <string>
#include <utility>
#include <vector>

#include "store/index/index_env.h"
#include "store/index/index_turnstile.h"

// Creates environments: the first ones, and those that replace damaged ones.

namespace envstore::index {

using Rows = std::vector<std::pair<std::string, std::string>>;  ///< keys and values as stored

/// Creates an environment with these rows in tmp/. Returns its path. In Mode::synced it is on disk when this
/// returns.
std::string make_environment_aside(int root, Environment::Mode mode, const Rows& rows);
/// The same, then renamed to `directory`, which must not exist.
void make_environment(int root, const std::string& directory, Environment::Mode mode, const Rows& rows);

/// Checks every page of both environments, and that no page has two uses. Throws Error{damaged}. A missing
/// environment is not reported as damage. Writers of the volatile environment wait while it is checked.
void check_environments(int root, Turnstile::Access access);

/// Prepares `locks` and `trash`: moves anything that is not a directory in place of these folders, and
/// anything in `locks` that is not a regular file, to trash.
void make_lockable(int root);

/// What can still be read from a damaged index and is in no other file: roots, last uses, leases, and the
/// wheel and request tables. Reads checked pages only. Rows that are not stored under their own key are left
/// out.
struct Salvaged {
  Rows durable;  ///< keys and rows
  Rows leases;   ///< keys and rows, of the volatile side
};
Salvaged salvage(int root, const std::string& durable, const std::string& volatile_side);

}  // namespace envstore::index

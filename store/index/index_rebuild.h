#pragma once
#include <string>
#include <utility>
#include <vector>

#include "store/index/index_env.h"
#include "store/index/index_turnstile.h"

// Making environments, the first ones and those that take the place of damaged ones.

namespace envstore::index {

using Rows = std::vector<std::pair<std::string, std::string>>;  ///< keys and values, as they stand there

/// Built aside, with these rows, in tmp/. Returns its path. Synced: on disk when this returns.
std::string make_environment_aside(int root, Environment::Mode mode, const Rows& rows);
/// The same, then renamed to `directory`, where nothing stands.
void make_environment(int root, const std::string& directory, Environment::Mode mode, const Rows& rows);

/// Checks every page of both environments, and that none has two uses. Throws Error{damaged}. What is not
/// there is no damage here. Whoever writes the volatile one waits while that is looked at.
void check_environments(int root, Turnstile::Access access);

/// Takes away whatever stands where a lock file should be, and is none.
void make_lockable(int root);

/// What a damaged index still tells and no file does: roots, last uses, leases, which wheels and requests
/// lead where. Reads nothing that is not checked. Rows that do not stand under their own key are left out.
struct Salvaged {
  Rows durable;  ///< keys and rows
  Rows leases;   ///< keys and rows, of the volatile side
};
Salvaged salvage(int root, const std::string& durable, const std::string& recent);

}  // namespace envstore::index

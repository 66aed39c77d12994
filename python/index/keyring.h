#pragma once
#include <optional>
#include <string>

#include "python/network/http.h"

namespace envstore {

/// Asks the `keyring` program on PATH for the credentials of an origin, as pip and uv do when told to
/// (`subprocess`). nullopt: no such program, or it knows none.
std::optional<Credentials> ask_keyring(const std::string& origin);

}  // namespace envstore

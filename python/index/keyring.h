#pragma once
#include <optional>
#include <string>

#include "python/network/http.h"

namespace envstore {

/// The credentials of an origin from the `keyring` program on PATH, as in pip and uv with the keyring
/// provider `subprocess`. nullopt: no such program, or no credentials.
std::optional<Credentials> ask_keyring(const std::string& origin);

}  // namespace envstore

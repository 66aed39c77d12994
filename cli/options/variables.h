#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/config.h"

namespace envstore {

/// A variable of ENVSTORE_*, UV_* or PIP_* (or one that says where configuration lies) that can change what a
/// run gets. Those that cannot are in no table and are left alone.
struct VariableSpec {
  std::string_view name;
  bool is_place = false;         ///< its value may be a path from the working directory
  std::string_view remedy = {};  ///< not empty: refused, unless its value asks for nothing
};
std::span<const VariableSpec> variables();

/// A key of pip's configuration files that is not supported and would change what is installed.
struct PipKey {
  std::string_view name;
  std::string_view remedy;
};
std::span<const PipKey> refused_pip_keys();

/// Not set, empty, or a word for no.
bool asks_for_nothing(std::string_view value);
/// Throws Error{unsupported} for the first variable that is refused and asks for something.
void refuse_variables();

}  // namespace envstore

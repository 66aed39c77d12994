#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/config.h"

namespace envstore {

/// A variable of ENVSTORE_*, UV_* or PIP_* (or one that locates configuration files) that can change the
/// environment of a run. Other variables are not listed and are ignored.
struct VariableSpec {
  std::string_view name;
  bool is_place = false;         ///< its value may be a relative path
  std::string_view remedy = {};  ///< not empty: refused, unless asks_for_nothing(value)
};
std::span<const VariableSpec> variables();

/// A key of pip's configuration files that would change what is installed and is not supported.
struct PipKey {
  std::string_view name;
  std::string_view remedy;
};
std::span<const PipKey> refused_pip_keys();

/// True for an empty value or one that means no (`0`, `no`, `off`, `false`, `n`, `f`, `:none:`).
bool asks_for_nothing(std::string_view value);
/// Throws Error{unsupported} for the first variable with a remedy whose value asks for something.
void refuse_variables();

}  // namespace envstore

#pragma once
#include <span>
#include <string>
#include <string_view>

namespace envstore {

/// A variable of uv or pip that would change what is installed and is not supported. For PIP_X, x is refused
/// in pip's files, too. Variables that are neither here nor in the table of settings are ignored.
struct RefusedVariable {
  std::string_view name;
  std::string_view remedy;
};
std::span<const RefusedVariable> refused_variables();

/// `index-url` for PIP_INDEX_URL: the key in pip's files; empty for a variable of another program.
std::string pip_key(std::string_view variable);

/// True for an empty value or one that means no (`0`, `no`, `off`, `false`, `n`, `f`, `:none:`).
bool asks_for_nothing(std::string_view value);
/// Throws Error{unsupported} for the first refused variable whose value has an effect.
void refuse_variables();

}  // namespace envstore

#pragma once
#include <cstdlib>
#include <optional>
#include <string>

namespace envstore {

/// nullopt: the variable is not set in this process.
inline std::optional<std::string> find_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// For variables that mean the same when they are empty and when they are not set.
inline std::string variable_or_empty(const std::string& name) {
  return find_variable(name).value_or("");
}

}  // namespace envstore

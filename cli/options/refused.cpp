#include "cli/options/refused.h"

#include <algorithm>

#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::string_view kThisInterpreter =
    "wheels are taken for the interpreter that runs them: --python names one";
constexpr std::string_view kWithRequirements = "give --with-requirements FILE or --with REQUIREMENT";

// clang-format off
constexpr RefusedVariable kVariables[] = {
    {"UV_EXCLUDE", "write exclude-dependencies into the script's [tool.uv]"},
    {"UV_MALWARE_CHECK", "envstore has no such check"},
    {"UV_PROJECT", "projects are not read yet; UV_WORKING_DIR enters a directory first"},
    {"UV_PRERELEASE_PACKAGE", "set ENVSTORE_PRERELEASE_PACKAGE, or give --prerelease-package"},
    {"UV_PYTHON_SEARCH_PATH", "set PATH for this run, or name the interpreter with --python"},
    {"UV_TORCH_BACKEND", "give --index with the address of that backend's index"},
    {"PIP_ABI", kThisInterpreter}, {"PIP_ALL_RELEASES", "give --prerelease allow"},
    {"PIP_EDITABLE", kWithRequirements}, {"PIP_GROUP", kWithRequirements},
    {"PIP_IGNORE_REQUIRES_PYTHON", "--python names another interpreter"},
    {"PIP_IMPLEMENTATION", kThisInterpreter},
    {"PIP_ONLY_FINAL", "give --prerelease disallow"}, {"PIP_PLATFORM", kThisInterpreter},
    {"PIP_PYTHON_VERSION", kThisInterpreter},
    {"PIP_REQUIREMENT", kWithRequirements},
};

// clang-format on

}  // namespace

std::span<const RefusedVariable> refused_variables() {
  return kVariables;
}

std::string pip_key(std::string_view variable) {
  constexpr std::string_view kPrefix = "PIP_";
  if (!variable.starts_with(kPrefix)) return {};
  std::string key = to_lower(variable.substr(kPrefix.size()));
  std::replace(key.begin(), key.end(), '_', '-');
  return key;
}

bool asks_for_nothing(std::string_view value) {
  const std::string lower = to_lower(trimmed(value));
  for (const char* word : {"", "0", "no", "off", "false", "n", "f", ":none:"})
    if (lower == word) return true;
  return false;
}

void refuse_variables() {
  for (const RefusedVariable& variable : kVariables) {
    const std::string name(variable.name);
    if (asks_for_nothing(variable_or_empty(name))) continue;
    throw Error(
        ErrorKind::unsupported,
        format_text("cannot use the variable {}: it is not supported, and would change what is installed",
                    name),
        format_text("unset it: {}", variable.remedy));
  }
}

}  // namespace envstore

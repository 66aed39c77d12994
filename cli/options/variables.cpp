#include "cli/options/variables.h"

#include <algorithm>

#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::string_view kWheelsOnly = "only wheels are installed";
constexpr std::string_view kThisInterpreter =
    "wheels are taken for the interpreter that runs them: --python names one";
constexpr std::string_view kWithRequirements = "give --with-requirements FILE or --with REQUIREMENT";

// clang-format off
constexpr VariableSpec kVariables[] = {
    {"ENVSTORE_CONSTRAINTS", true}, {"ENVSTORE_DEFAULT_INDEX", true}, {"ENVSTORE_EXCLUDE_NEWER"},
    {"ENVSTORE_EXCLUDE_NEWER_PACKAGE"}, {"ENVSTORE_FIND_LINKS", true}, {"ENVSTORE_INDEX", true},
    {"ENVSTORE_INDEX_STRATEGY"}, {"ENVSTORE_KEYRING_PROVIDER"}, {"ENVSTORE_NO_CONFIG"}, {"ENVSTORE_NO_INDEX"},
    {"ENVSTORE_NO_SOURCES"}, {"ENVSTORE_OFFLINE"}, {"ENVSTORE_OVERRIDES", true}, {"ENVSTORE_PRERELEASE"},
    {"ENVSTORE_PYTHON_PREFERENCE"}, {"ENVSTORE_REQUIRE_HASHES"}, {"ENVSTORE_RESOLUTION"},
    {"UV_CONFIG_FILE", true}, {"UV_CONSTRAINT", true}, {"UV_DEFAULT_INDEX", true}, {"UV_EXCLUDE_NEWER"},
    {"UV_EXTRA_INDEX_URL", true}, {"UV_FIND_LINKS", true}, {"UV_INDEX", true}, {"UV_INDEX_STRATEGY"},
    {"UV_INDEX_URL", true}, {"UV_ISOLATED"}, {"UV_KEYRING_PROVIDER"}, {"UV_MANAGED_PYTHON"}, {"UV_NO_CONFIG"},
    {"UV_NO_INDEX"}, {"UV_NO_MANAGED_PYTHON"}, {"UV_NO_PROJECT"}, {"UV_NO_SOURCES"},
    {"UV_NO_SYSTEM_CONFIG"},
    {"UV_NO_SOURCES_PACKAGE"}, {"UV_OFFLINE"}, {"UV_OVERRIDE", true}, {"UV_PRERELEASE"},
    {"UV_PYTHON_PREFERENCE"}, {"UV_REQUIRE_HASHES"}, {"UV_RESOLUTION"},
    {"PIP_CONFIG_FILE", true}, {"PIP_CONSTRAINT", true}, {"PIP_EXTRA_INDEX_URL", true},
    {"PIP_FIND_LINKS", true}, {"PIP_INDEX_URL", true}, {"PIP_NO_INDEX"}, {"PIP_PRE"}, {"PIP_REQUIRE_HASHES"}, {"PIP_UPLOADED_PRIOR_TO"},
    {"XDG_CONFIG_DIRS"}, {"XDG_CONFIG_HOME"},

    {"UV_EXCLUDE", false, "write exclude-dependencies into the script's [tool.uv]"},
    {"UV_MALWARE_CHECK", false, "envstore has no such check"},
    {"UV_NO_BINARY", false, kWheelsOnly}, {"UV_NO_BINARY_PACKAGE", false, kWheelsOnly},
    {"UV_PROJECT", false, "projects are not read yet; UV_WORKING_DIR enters a directory first"},
    {"UV_PRERELEASE_PACKAGE", false, "--prerelease counts for all packages; 'name>=1.0rc1' allows those of one"},
    {"UV_PYTHON_SEARCH_PATH", false, "set PATH for this run, or name the interpreter with --python"},
    {"UV_TORCH_BACKEND", false, "give --index with the address of that backend's index"},
    {"PIP_ABI", false, kThisInterpreter}, {"PIP_ALL_RELEASES", false, "give --prerelease allow"},
    {"PIP_EDITABLE", false, kWithRequirements}, {"PIP_GROUP", false, kWithRequirements},
    {"PIP_IGNORE_REQUIRES_PYTHON", false, "--python names another interpreter"},
    {"PIP_IMPLEMENTATION", false, kThisInterpreter}, {"PIP_NO_BINARY", false, kWheelsOnly},
    {"PIP_NO_DEPS", false, "what a package needs is always installed"}, {"PIP_NO_DEPENDENCIES", false, "what a package needs is always installed"},
    {"PIP_ONLY_FINAL", false, "give --prerelease disallow"}, {"PIP_PLATFORM", false, kThisInterpreter},
    {"PIP_PYTHON_VERSION", false, kThisInterpreter},
    {"PIP_REQUIREMENT", false, kWithRequirements},
};

constexpr PipKey kPipKeys[] = {
    {"abi", kThisInterpreter}, {"all-releases", "give --prerelease allow"}, {"editable", kWithRequirements},
    {"group", kWithRequirements}, {"ignore-requires-python", "--python names another interpreter"},
    {"implementation", kThisInterpreter}, {"no-binary", kWheelsOnly},
    {"no-dependencies", "what a package needs is always installed"},
    {"no-deps", "what a package needs is always installed"}, {"only-final", "give --prerelease disallow"},
    {"platform", kThisInterpreter}, {"python-version", kThisInterpreter},
    {"requirement", kWithRequirements},
};
// clang-format on

}  // namespace

std::span<const VariableSpec> variables() {
  return kVariables;
}

std::span<const PipKey> refused_pip_keys() {
  return kPipKeys;
}

bool asks_for_nothing(std::string_view value) {
  const std::string lower = to_lower(trimmed(value));
  for (const char* word : {"", "0", "no", "off", "false", "n", "f", ":none:"})
    if (lower == word) return true;
  return false;
}

void refuse_variables() {
  for (const VariableSpec& variable : kVariables) {
    const std::string name(variable.name);
    if (variable.remedy.empty() || asks_for_nothing(variable_or_empty(name.c_str()))) continue;
    throw Error(
        ErrorKind::unsupported,
        format_text("cannot use the variable {}: it is not supported, and would change what is installed",
                    name),
        format_text("unset it: {}", variable.remedy));
  }
}

}  // namespace envstore

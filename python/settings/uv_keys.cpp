#include "python/settings/uv_keys.h"

#include <algorithm>

namespace envstore {
namespace {

constexpr KeyUse kSupported = KeyUse::supported, kHarmless = KeyUse::harmless, kRefused = KeyUse::refused;

constexpr std::string_view kOfProjects = "it is a setting of projects: take it away from the script";
constexpr std::string_view kTakeAway = "take the key away, or use uv for this environment";

// clang-format off
constexpr UvKey kKeys[] = {
    // Which packages are chosen.
    {"torch-backend", kRefused, kRefused, "bind the packages to an index of that backend with [[tool.uv.index]] and tool.uv.sources"},
    {"upgrade", kRefused, kRefused, "give --upgrade on the command line: here every run would resolve again"},
    {"upgrade-package", kRefused, kRefused, "give --upgrade-package on the command line: here every run would resolve again"},

    // For scripts only; in a file, uv applies them to projects.
    {"sources", kSupported, kHarmless, {}},
    {"constraint-dependencies", kSupported, kHarmless, {}},
    {"override-dependencies", kSupported, kHarmless, {}},
    {"exclude-dependencies", kSupported, kHarmless, {}},
    {"build-constraint-dependencies", kSupported, kHarmless, {}},

    // Transfers, caches and output: these keys may make a transfer fail, but cannot change what is installed.
    {"cache-dir", kHarmless, kHarmless, {}},
    {"cache-keys", kHarmless, kHarmless, {}},
    {"compile-bytecode", kHarmless, kHarmless, {}},
    {"concurrent-builds", kHarmless, kHarmless, {}},
    {"concurrent-downloads", kHarmless, kHarmless, {}},
    {"concurrent-installs", kHarmless, kHarmless, {}},
    {"fork-strategy", kHarmless, kHarmless, {}},
    {"link-mode", kHarmless, kHarmless, {}},
    {"native-tls", kHarmless, kHarmless, {}},
    {"no-cache", kHarmless, kHarmless, {}},
    {"preview", kHarmless, kHarmless, {}},
    {"preview-features", kHarmless, kHarmless, {}},
    {"python-downloads", kHarmless, kHarmless, {}},
    {"python-downloads-json-url", kHarmless, kHarmless, {}},
    {"python-install-mirror", kHarmless, kHarmless, {}},
    {"pypy-install-mirror", kHarmless, kHarmless, {}},
    {"graalpy-install-mirror", kHarmless, kHarmless, {}},
    {"pyodide-install-mirror", kHarmless, kHarmless, {}},
    {"reinstall", kHarmless, kHarmless, {}},
    {"reinstall-package", kHarmless, kHarmless, {}},
    {"required-version", kHarmless, kHarmless, {}},
    {"system-certs", kHarmless, kHarmless, {}},

    // Publishing, editing and auditing.
    {"add-bounds", kHarmless, kHarmless, {}},
    {"audit", kHarmless, kHarmless, {}},
    {"check-url", kHarmless, kHarmless, {}},
    {"publish-url", kHarmless, kHarmless, {}},
    {"trusted-publishing", kHarmless, kHarmless, {}},

    // Projects, and `uv pip`: uv, too, refuses them in a script.
    {"build-backend", kRefused, kHarmless, kOfProjects},
    {"conflicts", kRefused, kHarmless, kOfProjects},
    {"default-groups", kRefused, kHarmless, kOfProjects},
    {"dependency-groups", kRefused, kHarmless, kOfProjects},
    {"dev-dependencies", kRefused, kHarmless, "write them among the script's dependencies"},
    {"environments", kRefused, kHarmless, kOfProjects},
    {"managed", kRefused, kHarmless, kOfProjects},
    {"minimum-libc-version", kRefused, kHarmless, kOfProjects},
    {"package", kRefused, kHarmless, kOfProjects},
    {"pip", kRefused, kHarmless, "it is a setting of 'uv pip' alone: take it away from the script"},
    {"required-environments", kRefused, kHarmless, kOfProjects},
    {"workspace", kRefused, kHarmless, kOfProjects},
};

constexpr UvKey kIndexKeys[] = {
    {"name", kSupported, kSupported, {}},
    {"url", kSupported, kSupported, {}},
    {"default", kSupported, kSupported, {}},
    {"explicit", kSupported, kSupported, {}},
    {"format", kSupported, kSupported, {}},
    {"authenticate", kHarmless, kHarmless, {}},
    {"cache-control", kSupported, kSupported, {}},
    {"ignore-error-codes", kSupported, kSupported, {}},
    {"publish-url", kHarmless, kHarmless, {}},
    {"exclude-newer", kRefused, kRefused, "tool.uv.exclude-newer-package sets it for one package"},
    {"hash-algorithm", kRefused, kRefused, kTakeAway},
};
// clang-format on

}  // namespace

std::span<const UvKey> other_uv_keys() {
  return kKeys;
}

std::span<const UvKey> uv_index_keys() {
  return kIndexKeys;
}

const UvKey* find_key(std::span<const UvKey> keys, std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const UvKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::optional<UvKey> find_uv_key(SettingTable settings, std::string_view name) {
  if (setting_of_uv_key(settings, name) != nullptr) return UvKey{name, kSupported, kSupported, {}};
  const UvKey* other = find_key(kKeys, name);
  return other == nullptr ? std::nullopt : std::optional(*other);
}

}  // namespace envstore

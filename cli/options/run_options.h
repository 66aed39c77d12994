#pragma once
#include "cli/options/options.h"

namespace envstore {

inline constexpr std::string_view kNoProjects = "projects are not read yet: keep uv for this run";

/// The flags of `envstore run` that are no settings, then the flags of `uv run` that are accepted without
/// effect, then those that are refused. Together they cover every flag of `uv run`
/// (docs/migration-from-uv.md).
inline constexpr OptionSpec kOwnRunOptions[] = {
    {"module", 'm', {}, "run TARGET as a module, like python -m"},
    {"script", 's', {}, "TARGET is a script, whatever its name; for #! lines"},
    {"with", 'w', "REQUIREMENT", "run with an additional requirement (repeatable, or separated by commas)"},
    {"with-requirements", 0, "FILE", "run with the requirements in this file (repeatable)"},
    {"extra", 0, "NAME", "install this extra of the lock files, too (repeatable)"},
    {"all-extras", 0, {}, "install all extras of the lock files"},
    {"group", 0, "NAME", "install this dependency group of the lock files, too (repeatable)"},
    {"all-groups", 0, {}, "install all dependency groups of the lock files"},
    {"no-group", 0, "NAME", "leave this group of the lock files out (repeatable)"},
    {"no-default-groups", 0, {}, "leave the default groups of the lock files out"},
    {"refresh", 0, {}, "ask the package indexes again for everything"},
    {"refresh-package", 0, "NAME", "ask the package indexes again for this package (repeatable)"},
    {"upgrade", 'U', {}, "choose the newest possible versions, regardless of earlier runs"},
    {"upgrade-package", 'P', "NAME", "the same for this package alone: name or name<2 (repeatable)"},
    {"exec", 0, {}, "replace envstore by the program instead of waiting for it"},

    // Without effect: environments are exact, no Python is downloaded.
    {"exact"},
    {"no-sync"},
    {"no-editable"},
    {"no-editable-package", 0, "NAME"},
    {"no-dev"},
    {"no-extra", 0, "NAME"},
    {"fork-strategy", 0, "STRATEGY"},
    {"link-mode", 0, "MODE"},
    {"no-require-build-hashes"},
    {"no-python-downloads"},
    {"system-certs"},
    {"native-tls"},
    {"no-progress"},
    {"color", 0, "WHEN"},
    {"preview"},
    {"no-preview"},
    {"preview-features", 0, "NAME"},

    {"active", 0, {}, {}, "--python DIRECTORY uses the interpreter of a virtual environment"},
    {"project", 0, "DIRECTORY", {}, kNoProjects},
    {"package", 0, "NAME", {}, kNoProjects},
    {"all-packages", 0, {}, {}, kNoProjects},
    {"dev", 0, {}, {}, kNoProjects},
    {"only-dev", 0, {}, {}, kNoProjects},
    {"only-group", 0, "NAME", {}, kNoProjects},
    {"upgrade-group", 0, "NAME", {}, kNoProjects},
    {"with-editable", 0, "PATH", {}, "folders are not built yet: --with takes the path of a wheel"},
    {"gui-script", 0, {}, {}, "it is for Windows: --script"},
    {"python-platform",
     0,
     "PLATFORM",
     {},
     "a run is on this machine; 'envstore lock --python-platform' makes a lock for another"},
    {"torch-backend", 0, "BACKEND", {}, "give --index with the address of that backend's index"},
    {"reinstall",
     0,
     {},
     {},
     "installed files never change: 'envstore verify --repair' brings back damaged ones"},
    {"reinstall-package",
     0,
     "NAME",
     {},
     "installed files never change: 'envstore verify --repair' brings back damaged ones"},
    {"cache-dir", 0, "DIRECTORY", {}, "--store sets the directory of the store, which is not a cache of uv"},
};

/// With the flags of the settings of a run.
inline constexpr OptionTable kRunOptions{kOwnRunOptions, {FlagsOf::run, FlagsOf::run_and_config}};

}  // namespace envstore

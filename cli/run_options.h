#pragma once
#include "cli/options.h"

namespace envstore {

/// The flags of `envstore run`.
inline constexpr OptionSpec kRunOptions[] = {
    {"module", 'm', {}, "run TARGET as a module, like python -m"},
    {"script", 's', {}, "TARGET is a script, whatever its name; for #! lines"},
    {"with", 0, "REQUIREMENT",
     "run with this on top of what the script asks for (repeatable, or separated by commas)"},
    {"with-requirements", 0, "FILE", "run with what a requirements file lists (repeatable)"},
    {"python", 'p', "REQUEST", "interpreter: 3.12, >=3.11, python3.12, pypy3.10, or a path (also UV_PYTHON)"},
    {"index", 0, "URL",
     "index that is asked before the default one: URL, name=URL or directory (repeatable)"},
    {"default-index", 0, "URL", "index that is asked last, in place of the built-in one"},
    {"index-url", 'i', "URL", "as --default-index"},
    {"extra-index-url", 0, "URL", "as --index"},
    {"find-links", 'f', "PLACE", "directory or page with wheels (repeatable)"},
    {"no-index", 0, {}, "ask no index, only --find-links and direct URLs"},
    {"refresh", 0, {}, "ask the indexes anew for everything"},
    {"upgrade", 'U', {}, "take the newest versions that fit, whatever an earlier run took"},
    {"exclude-newer", 0, "DATE",
     "as if nothing had been uploaded after it: 2025-01-31 or 2025-01-31T12:00:00Z"},
    {"prerelease", 0, "MODE", "disallow, allow, explicit, if-necessary (default): final releases first"},
    {"pre", 0, {}, "as --prerelease allow"},
    {"resolution", 0, "MODE", "highest (default), lowest, lowest-direct"},
    {"isolated", 0, {}, "look at no project and no active virtual environment"},
    {"no-project", 0, {}, "look at no project around the working directory"},
    {"env-file", 0, "FILE", "set variables from a .env file (repeatable)"},
    {"no-env-file", 0, {}, "read no .env file, though UV_ENV_FILE names one"},
    {"exec", 0, {}, "become the program instead of waiting for it"},
    {"compile-bytecode", 0, {}, "compile everything before the program starts, not in the background"},
    {"layout", 0, "LAYOUT", "farm (default: links to directories) or forest (links to files)"},
};

}  // namespace envstore

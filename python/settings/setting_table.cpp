#include "python/settings/setting_table.h"

#include <algorithm>

#include "python/default_index.h"
#include "python/settings/setting_parsers.h"

namespace envstore {
namespace {

using enum SettingKind;
using enum FlagsOf;

// clang-format off
// The order matters: the default index comes last of the indexes, which gives the others priority.
constexpr SettingSpec kSettings[] = {
    {.name = "index", .kind = indexes,
     .example = "[URL, {name: NAME, url: URL}]", .meaning = "in order of priority, before the default index",
     .flags = {{"index", 0, "URL", "package index with priority over the default one: URL, name=URL or directory (repeatable)"},
               {"extra-index-url", 0, "URL", "as --index"}},
     .variables = {{"ENVSTORE_INDEX"}, {"UV_INDEX"}, {"UV_EXTRA_INDEX_URL"}, {"PIP_EXTRA_INDEX_URL"}},
     .uv_keys = {"index", "extra-index-url"}, .take = take_index},
    {.name = "default-index", .kind = index, .built_in = ENVSTORE_DEFAULT_INDEX,
     .example = "URL", .meaning = "used last",
     .flags = {{"default-index", 0, "URL", "package index that is used last, instead of the built-in one"},
               {"index-url", 'i', "URL", "as --default-index"}},
     .variables = {{"ENVSTORE_DEFAULT_INDEX"}, {"UV_DEFAULT_INDEX"}, {"UV_INDEX_URL"}, {"PIP_INDEX_URL"}},
     .uv_keys = {"index-url"}, .take = take_index},
    {.name = "find-links", .kind = find_links,
     .example = "[DIRECTORY-OR-URL]",
     .flags = {{"find-links", 'f', "LOCATION", "directory or page with wheels (repeatable)"}},
     .variables = {{"ENVSTORE_FIND_LINKS"}, {"UV_FIND_LINKS"}, {"PIP_FIND_LINKS"}},
     .uv_keys = {"find-links"}, .take = take_find_links},
    {.name = "no-index", .kind = yes_no, .built_in = "false",
     .example = "false",
     .flags = {{"no-index", 0, {}, "use no package index, only --find-links and direct URLs"}},
     .variables = {{"ENVSTORE_NO_INDEX"}, {"UV_NO_INDEX"}, {"PIP_NO_INDEX"}},
     .uv_keys = {"no-index"}, .take = take_no_index},
    {.name = "offline", .kind = yes_no, .command = every_command, .built_in = "false",
     .example = "false",
     .flags = {{"offline", 0, {}, "use only what is cached or local"}},
     .variables = {{"ENVSTORE_OFFLINE"}, {"UV_OFFLINE"}},
     .uv_keys = {"offline"}, .take = take_offline},
    {.name = "require-hashes", .kind = yes_no, .built_in = "false",
     .example = "false", .meaning = "true: every distribution needs a hash to check",
     .variables = {{"ENVSTORE_REQUIRE_HASHES"}, {"UV_REQUIRE_HASHES"}, {"PIP_REQUIRE_HASHES"}},
     .take = take_require_hashes},
    {.name = "prerelease", .built_in = "if-necessary",
     .example = "if-necessary", .meaning = "or disallow, allow, explicit",
     .flags = {{"prerelease", 0, "MODE", "disallow, allow, explicit, if-necessary (default): final releases first"},
               {.name = "pre", .help = "as --prerelease allow", .means = "allow"}},
     .variables = {{"ENVSTORE_PRERELEASE"}, {"UV_PRERELEASE"}, {.name = "PIP_PRE", .means = "allow"}},
     .uv_keys = {"prerelease"}, .take = take_prerelease},
    {.name = "resolution", .built_in = "highest",
     .example = "highest", .meaning = "or lowest, lowest-direct",
     .flags = {{"resolution", 0, "MODE", "highest (default), lowest, lowest-direct"}},
     .variables = {{"ENVSTORE_RESOLUTION"}, {"UV_RESOLUTION"}},
     .uv_keys = {"resolution"}, .take = take_resolution},
    {.name = "exclude-newer", .kind = cutoff,
     .example = "2025-01-31", .meaning = "or a time in RFC 3339, or a duration: 7 days, P7D",
     .flags = {{"exclude-newer", 0, "DATE", "ignore files that were uploaded later: 2025-01-31, 2025-01-31T12:00:00Z, 7 days, P7D"}},
     .variables = {{"ENVSTORE_EXCLUDE_NEWER"}, {"UV_EXCLUDE_NEWER"}, {"PIP_UPLOADED_PRIOR_TO"}},
     .uv_keys = {"exclude-newer"}, .take = take_exclude_newer},
    {.name = "exclude-newer-package", .kind = package_cutoffs,
     .example = "{numpy: 7 days}", .meaning = "false: no limit",
     .flags = {{"exclude-newer-package", 0, "NAME=DATE", "the same for one package; false: no limit (repeatable)"}},
     .variables = {{"ENVSTORE_EXCLUDE_NEWER_PACKAGE"}},
     .uv_keys = {"exclude-newer-package"}, .take = take_exclude_newer_package},
    {.name = "index-strategy", .built_in = "first-index",
     .example = "first-index", .meaning = "or unsafe-best-match",
     .flags = {{"index-strategy", 0, "STRATEGY", "first-index (default: the first that has a package answers for it) or unsafe-best-match"}},
     .variables = {{"ENVSTORE_INDEX_STRATEGY"}, {"UV_INDEX_STRATEGY"}},
     .uv_keys = {"index-strategy"}, .take = take_index_strategy},
    {.name = "keyring-provider",
     .example = "disabled", .meaning = "or subprocess",
     .flags = {{"keyring-provider", 0, "PROVIDER", "disabled (default), or subprocess: ask the program keyring"}},
     // pip has more providers than uv.
     .variables = {{"ENVSTORE_KEYRING_PROVIDER"}, {"UV_KEYRING_PROVIDER"}, {.name = "PIP_KEYRING_PROVIDER", .only = "subprocess"}},
     .uv_keys = {"keyring-provider"}, .take = take_keyring_provider},
    {.name = "no-sources", .kind = yes_no,
     .example = "false", .meaning = "true: tool.uv.sources of scripts has no effect",
     .flags = {{"no-sources", 0, {}, "ignore tool.uv.sources: take every package from the package indexes"}},
     .variables = {{"ENVSTORE_NO_SOURCES"}, {"UV_NO_SOURCES"}},
     .uv_keys = {"no-sources"}},
    {.name = "no-sources-package", .kind = packages,
     .example = "[NAME]", .meaning = "the same for single packages",
     .flags = {{"no-sources-package", 0, "NAME", "the same for one package (repeatable)"}},
     .variables = {{"ENVSTORE_NO_SOURCES_PACKAGE"}, {"UV_NO_SOURCES_PACKAGE"}},
     .uv_keys = {"no-sources-package"}},
    {.name = "constraints", .kind = paths,
     .example = "[FILE]", .meaning = "as --constraints",
     .flags = {{"constraints", 'c', "FILE", "constrain versions by this requirements file (repeatable)"}},
     .variables = {{"ENVSTORE_CONSTRAINTS"}, {"UV_CONSTRAINT"}, {"PIP_CONSTRAINT"}}, .take = take_constraints},
    {.name = "overrides", .kind = paths,
     .example = "[FILE]", .meaning = "as --overrides",
     .flags = {{"overrides", 0, "FILE", "replace all requirements on these packages by those of this file (repeatable)"}},
     .variables = {{"ENVSTORE_OVERRIDES"}, {"UV_OVERRIDE"}}, .take = take_overrides},
    // In the key as RunWords::python.
    {.name = "python", .is_in_key = false,
     .example = "\"3.12\"", .meaning = "as --python",
     .flags = {{"python", 'p', "REQUEST", "interpreter: 3.12, >=3.11, python3.12, pypy3.10, or a path (also UV_PYTHON)"}},
     .variables = {{"ENVSTORE_PYTHON"}, {"UV_PYTHON"}}},
    {.name = "python-preference", .built_in = "system",
     .example = "system", .meaning = "or only-managed, managed, only-system",
     .flags = {{"python-preference", 0, "WHICH", "only-managed, managed, system (default), only-system; uv has installed the managed ones"},
               {.name = "managed-python", .help = "as --python-preference only-managed", .means = "only-managed"},
               {.name = "no-managed-python", .help = "as --python-preference only-system", .means = "only-system"}},
     .variables = {{"ENVSTORE_PYTHON_PREFERENCE"}, {.name = "UV_MANAGED_PYTHON", .means = "only-managed"},
                   {.name = "UV_NO_MANAGED_PYTHON", .means = "only-system"}, {"UV_PYTHON_PREFERENCE"}},
     .uv_keys = {"python-preference"}, .take = take_python_preference},
    // In the key as RunWords::layout.
    {.name = "layout", .is_in_key = false, .built_in = "farm",
     .example = "farm", .meaning = "or forest",
     .flags = {{"layout", 0, "LAYOUT", "farm (default: links to directories) or forest (links to files)"}},
     .variables = {{"ENVSTORE_LAYOUT"}}, .take = check_layout},
    {.name = "bytecode", .is_in_key = false, .built_in = "background",
     .example = "background", .meaning = "or foreground, never",
     .flags = {{.name = "compile-bytecode", .help = "compile everything before the program starts, not in the background", .means = "foreground"}},
     .variables = {{"ENVSTORE_BYTECODE"}, {.name = "UV_COMPILE_BYTECODE", .means = "foreground"}}, .take = check_bytecode},

    // What gc may remove. A project's file has no effect, because all projects share the store.
    {.name = "gc.max-size", .is_in_key = false, .command = gc, .built_in = "20%", .example = "20%", .meaning = "the largest size of the store; `none` disables a rule",
     .flags = {{"max-size", 0, "SIZE", "the largest size of the store: 20GB, 500M, 10% of the disk"}}, .variables = {{"ENVSTORE_GC_MAX_SIZE"}}},
    {.name = "gc.min-free", .is_in_key = false, .command = gc, .built_in = "5%", .example = "5%", .meaning = "free disk space to keep",
     .flags = {{"min-free", 0, "SIZE", "free disk space to keep, as a size or a percentage"}}, .variables = {{"ENVSTORE_GC_MIN_FREE"}}},
    {.name = "gc.reserved", .is_in_key = false, .command = gc, .example = "1GB", .meaning = "gc does not reduce the store below this size",
     .flags = {{"reserved", 0, "SIZE", "do not reduce the store below this size"}}, .variables = {{"ENVSTORE_GC_RESERVED"}}},
    {.name = "gc.max-age", .is_in_key = false, .command = gc, .built_in = "90d", .example = "90d", .meaning = "remove snapshots that were not used for this time",
     .flags = {{"max-age", 0, "DURATION", "remove snapshots that were not used for this time: 30d, 12h"}}, .variables = {{"ENVSTORE_GC_MAX_AGE"}}},
    {.name = "gc.keep-last", .is_in_key = false, .command = gc, .example = "5", .meaning = "number of snapshots to keep",
     .flags = {{"keep-last", 0, "COUNT", "keep this number of most recently used snapshots"}}, .variables = {{"ENVSTORE_GC_KEEP_LAST"}}},
    {.name = "gc.grace", .is_in_key = false, .command = gc, .built_in = "1h", .example = "1h", .meaning = "keep snapshots that were used or made within this time",
     .flags = {{"grace", 0, "DURATION", "keep snapshots that were used or made within this time (default: 1h)"}}, .variables = {{"ENVSTORE_GC_GRACE"}}},

    // The command line and variables alone.
    {.name = "no-lock", .kind = yes_no, .is_in_files = false,
     .flags = {{"no-lock", 0, {}, "choose versions without using the lock beside the script"}}},
    {.name = "locked", .kind = yes_no, .is_in_files = false,
     .flags = {{"locked", 0, {}, "use the lock beside the script, which must answer its block (the default)"}}},
    {.name = "frozen", .kind = yes_no, .is_in_files = false,
     .flags = {{"frozen", 0, {}, "use the lock beside the script, whether or not it answers its block"}},
     .variables = {{"UV_FROZEN"}}},
    {.name = "isolated", .kind = yes_no, .is_in_files = false,
     .flags = {{"isolated", 0, {}, "ignore projects and the active virtual environment"}},
     .variables = {{"UV_ISOLATED"}}},
    {.name = "no-project", .kind = yes_no, .is_in_files = false, .command = run_and_config,
     .flags = {{"no-project", 0, {}, "ignore the project of the working directory"}},
     .variables = {{"UV_NO_PROJECT"}}},
    {.name = "no-config", .kind = yes_no, .is_in_files = false, .command = run_and_config,
     .flags = {{"no-config", 0, {}, "read no configuration file (envstore.yaml, uv's, pip's) except that of --config-file"}},
     .variables = {{"ENVSTORE_NO_CONFIG"}, {"UV_NO_CONFIG"}}},
    {.name = "no-system-config", .kind = yes_no, .is_in_files = false,
     .variables = {{"UV_NO_SYSTEM_CONFIG"}}},
    {.name = "config-file", .kind = path, .is_in_files = false, .command = run_and_config,
     .flags = {{"config-file", 0, "FILE", "the only configuration file of uv to read (also UV_CONFIG_FILE)"}},
     .variables = {{"UV_CONFIG_FILE"}}},
    {.name = "directory", .is_in_key = false, .is_in_files = false,
     .flags = {{"directory", 0, "DIRECTORY", "change to this directory first; paths on the command line are relative to it"}},
     .variables = {{"UV_WORKING_DIR"}, {"UV_WORKING_DIRECTORY"}}},
    {.name = "env-file", .kind = texts, .is_in_key = false, .is_in_files = false,
     .flags = {{"env-file", 0, "FILE", "set variables from a .env file (repeatable)"}},
     .variables = {{"UV_ENV_FILE"}}},
    {.name = "no-env-file", .kind = yes_no, .is_in_key = false, .is_in_files = false,
     .flags = {{"no-env-file", 0, {}, "read no .env file, even if UV_ENV_FILE names one"}},
     .variables = {{"UV_NO_ENV_FILE"}}},
    {.name = "no-cache", .kind = yes_no, .is_in_key = false, .is_in_files = false,
     .flags = {{"no-cache", 'n', {}, "use a temporary store, removed after the run"}},
     .variables = {{"UV_NO_CACHE"}}},
    // Read by http_settings.h. PIP_DEFAULT_TIMEOUT may be a fraction.
    {.name = "http-timeout", .is_in_key = false, .is_in_files = false,
     .variables = {{"ENVSTORE_HTTP_TIMEOUT"}, {"UV_HTTP_TIMEOUT"}, {"UV_REQUEST_TIMEOUT"}, {"PIP_DEFAULT_TIMEOUT"}}, .take = check_http_timeout},
};
// clang-format on

}  // namespace

SettingTable setting_table() {
  return kSettings;
}

const SettingSpec* find_setting(SettingTable table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const SettingSpec& each) { return each.name == name; });
  return found == table.end() ? nullptr : &*found;
}

const SettingSpec* setting_of_uv_key(SettingTable table, std::string_view key) {
  for (const SettingSpec& setting : table)
    for (const std::string_view name : setting.all_uv_keys())
      if (name == key) return &setting;
  return nullptr;
}

}  // namespace envstore

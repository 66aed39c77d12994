
#include <nlohmann/json.hpp>

#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/options/config.h"
#include "cli/options/gc_settings.h"
#include "cli/output/print.h"
#include "store/platform/environment.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {
    {"json", 0, {}, "print as JSON"},
    {"no-project", 0, {}, "look at no project around the working directory"},
    {"no-config", 0, {}, "read no configuration file but that of --config-file"},
    {"config-file", 0, "FILE", "of uv's configuration files read this uv.toml alone"},
};

struct Row {
  std::string key, value, source;
};

void add(std::vector<Row>& rows, const char* key, const std::optional<Setting<std::string>>& setting) {
  if (setting) rows.push_back({key, setting->value, setting->source});
}

void add(std::vector<Row>& rows, const char* key, const std::optional<Setting<bool>>& setting) {
  if (setting) rows.push_back({key, setting->value ? "true" : "false", setting->source});
}

void add(std::vector<Row>& rows, const char* key, const Setting<IndexLocation>& setting) {
  std::string value = display_url(setting.value.url);
  if (!setting.value.name.empty()) value = setting.value.name + "=" + value;
  rows.push_back({key, std::move(value), setting.source});
}

void add_gc(std::vector<Row>& rows, const GcSettings& settings) {
  gc_policy(settings);  // throws for values that no collection could use
  add(rows, "gc.max-size", settings.max_size);
  add(rows, "gc.min-free", settings.min_free);
  add(rows, "gc.reserved", settings.reserved);
  add(rows, "gc.max-age", settings.max_age);
  add(rows, "gc.keep-last", settings.keep_last);
  add(rows, "gc.grace", settings.grace);
}

Row store_row(const Arguments& arguments) {
  if (arguments.has("store")) return {"store", absolute_path(arguments.value("store")), "--store"};
  for (const char* name : {"ENVSTORE_ROOT", "XDG_CACHE_HOME"})
    if (!variable_or_empty(name).empty()) return {"store", Store::default_root(), name};
  return {"store", Store::default_root(), "built in"};
}

std::vector<Row> effective_rows(const Arguments& arguments) {
  const ConfigurationFiles files = find_configuration_files(configuration_search(arguments, {}));
  const SettingsLayer merged = merged_settings(arguments, {}, files);
  // Throw here, as well, for values that no run could use.
  resolution_settings(merged);
  layout_setting(merged);
  bytecode_setting(merged);
  std::vector<Row> rows = {store_row(arguments)};
  for (const auto& index : merged.indexes) add(rows, "index", index);
  if (merged.default_index) add(rows, "default-index", *merged.default_index);
  for (const auto& place : merged.find_links) add(rows, "find-links", place);
  add(rows, "no-index", merged.no_index);
  add(rows, "offline", merged.offline);
  add(rows, "require-hashes", merged.require_hashes);
  add(rows, "prerelease", merged.prerelease);
  add(rows, "resolution", merged.resolution);
  add(rows, "exclude-newer", merged.exclude_newer);
  for (const auto& [name, cutoff] : merged.exclude_newer_packages)
    rows.push_back({"exclude-newer-package", name + "=" + cutoff.value, cutoff.source});
  add(rows, "index-strategy", merged.index_strategy);
  add(rows, "keyring-provider", merged.keyring_provider);
  add(rows, "no-sources", merged.no_sources);
  for (const auto& path : merged.constraint_files) rows.push_back({"constraints", path.value, path.source});
  for (const auto& path : merged.override_files) rows.push_back({"overrides", path.value, path.source});
  add(rows, "python", merged.python);
  add(rows, "python-preference", merged.python_preference);
  add(rows, "layout", merged.layout);
  add(rows, "bytecode", merged.bytecode);
  add_gc(rows, gc_settings(arguments));
  return rows;
}

int run_config(const Arguments& arguments) {
  const std::vector<Row> rows = effective_rows(arguments);
  if (arguments.has("json")) {
    auto array = nlohmann::json::array();
    for (const Row& row : rows)
      array.push_back({{"key", row.key}, {"value", row.value}, {"source", row.source}});
    print(array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    return 0;
  }
  std::size_t keys = 0, values = 0;
  for (const Row& row : rows) {
    keys = std::max(keys, row.key.size());
    values = std::max(values, row.value.size());
  }
  for (const Row& row : rows)
    print(format_text("{:<{}} {:<{}}  {}\n", row.key, keys, row.value, values, row.source));
  return 0;
}

}  // namespace

const Command kConfigCommand = {
    .name = "config",
    .summary = "print the effective settings and where each came from",
    .page = pages::kConfig,
    .options = kOptions,
    .positionals = Positionals::none,
    .run = run_config,
};

}  // namespace envstore

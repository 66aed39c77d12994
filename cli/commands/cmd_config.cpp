
#include <nlohmann/json.hpp>

#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/options/config.h"
#include "cli/options/describe_settings.h"
#include "cli/options/gc_settings.h"
#include "cli/output/print.h"
#include "store/platform/environment.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {
    {"json", 0, {}, "print as JSON"},
};

SettingRow store_row(const Arguments& arguments) {
  if (arguments.has("store")) return {"store", absolute_path(arguments.value("store")), "--store"};
  for (const char* name : {"ENVSTORE_ROOT", "XDG_CACHE_HOME"})
    if (!variable_or_empty(name).empty()) return {"store", Store::default_root(), name};
  return {"store", Store::default_root(), "built in"};
}

std::vector<SettingRow> effective_rows(const Arguments& arguments) {
  const ConfigurationFiles files = find_configuration_files(configuration_search(arguments, {}));
  const SettingsLayer merged = merged_settings(arguments, {}, files);
  const SettingsLayer rules = gc_settings(arguments);
  // Throw here, as well, for values that no run and no collection could use.
  resolution_settings(merged);
  gc_policy(rules);
  std::vector<SettingRow> rows = {store_row(arguments)};
  for (SettingRow& row : setting_rows(merged, Rules::left_out)) rows.push_back(std::move(row));
  // The rules of gc have other sources: a project's file has no say.
  for (SettingRow& row : setting_rows(rules, Rules::included)) rows.push_back(std::move(row));
  return rows;
}

int run_config(const Arguments& arguments) {
  const std::vector<SettingRow> rows = effective_rows(arguments);
  if (arguments.has("json")) {
    auto array = nlohmann::json::array();
    for (const SettingRow& row : rows)
      array.push_back({{"key", row.key}, {"value", row.value}, {"source", row.source}});
    print(array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    return 0;
  }
  std::size_t keys = 0, values = 0;
  for (const SettingRow& row : rows) {
    keys = std::max(keys, row.key.size());
    values = std::max(values, row.value.size());
  }
  for (const SettingRow& row : rows)
    print(format_text("{:<{}} {:<{}}  {}\n", row.key, keys, row.value, values, row.source));
  return 0;
}

}  // namespace

const Command kConfigCommand = {
    .name = "config",
    .summary = "print the effective settings and the source of each",
    .page = pages::kConfig,
    .options = {kOptions, {FlagsOf::run_and_config}},
    .positionals = Positionals::none,
    .run = run_config,
};

}  // namespace envstore

#pragma once
#include <string>
#include <vector>

#include "python/settings/settings_layer.h"

namespace envstore {

/// For the page of `config`: the keys of envstore.yaml, each with an example and its meaning.
std::string describe_keys(SettingTable table = setting_table());
/// For the same page: the flags and variables of each setting.
std::string describe_sources(SettingTable table = setting_table());

struct SettingRow {
  std::string key, value, source;
};
enum class Rules { included, left_out };
/// The values of `layer` as `envstore config` shows them, without passwords. `Rules::left_out`: without
/// `gc.*`.
std::vector<SettingRow> setting_rows(const SettingsLayer& layer, Rules rules = Rules::included);

}  // namespace envstore

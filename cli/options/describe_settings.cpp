#include "cli/options/describe_settings.h"

#include "python/index/index_client.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::size_t kIndent = 4, kWidth = 118;

std::string shown(const SettingSpec& setting, const SettingValue& value) {
  const std::string text = is_address(setting.kind) ? display_url(value.value) : value.value;
  return value.name.empty() ? text : format_text("{}={}", value.name, text);
}

/// `left` and `right` in two columns, of which the second begins at `column`.
std::string in_columns(const std::string& left, std::string_view right, std::size_t column) {
  if (right.empty()) return left + "\n";
  return format_text("{:<{}} {}\n", left, column - 1, right);
}

}  // namespace

std::vector<SettingRow> setting_rows(const SettingsLayer& layer, Rules rules) {
  std::vector<SettingRow> rows;
  for (const auto& [setting, values] : layer.values()) {
    if (rules == Rules::left_out && setting->command == FlagsOf::gc) continue;
    for (const SettingValue& value : values)
      rows.push_back({std::string(setting->name), shown(*setting, value), value.source});
  }
  return rows;
}

std::string describe_keys(SettingTable table) {
  constexpr std::size_t kColumn = 43;
  std::string text;
  std::string_view group;
  for (const SettingSpec& setting : table) {
    if (!setting.is_in_files) continue;
    const std::size_t dot = setting.name.find('.');
    const bool is_grouped = dot != std::string_view::npos;
    const std::string_view its_group = is_grouped ? setting.name.substr(0, dot) : std::string_view();
    if (its_group != group) text += format_text("{:{}}{}:\n", "", kIndent, its_group);
    group = its_group;
    const std::string_view key = is_grouped ? setting.name.substr(dot + 1) : setting.name;
    const std::string line =
        format_text("{:{}}{}: {}", "", is_grouped ? kIndent + 2 : kIndent, key, setting.example);
    text += in_columns(line, setting.meaning, kColumn);
  }
  return text;
}

std::string describe_sources(SettingTable table) {
  constexpr std::size_t kColumn = 32;
  std::string text;
  for (const SettingSpec& setting : table) {
    std::vector<std::string> names;
    for (const OptionSpec& flag : setting.all_flags()) names.push_back(format_text("--{}", flag.name));
    for (const VariableSpec& variable : setting.all_variables()) names.emplace_back(variable.name);
    if (names.empty()) names.emplace_back("[tool.uv] and uv.toml alone");
    std::string line = format_text("{:<{}}", format_text("{:{}}{}", "", kIndent, setting.name), kColumn);
    std::size_t room = kWidth - line.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string word = names[i] + (i + 1 < names.size() ? ", " : "");
      if (word.size() > room) {
        line.erase(line.find_last_not_of(' ') + 1);
        line += format_text("\n{:{}}", "", kColumn);
        room = kWidth - kColumn;
      }
      line += word;
      room -= word.size();
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace envstore

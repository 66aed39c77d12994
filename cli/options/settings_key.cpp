#include "cli/options/settings_key.h"

#include <cstdlib>
#include <cstring>

#include "cli/options/refused.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

/// Variables that locate configuration files and are no settings.
constexpr VariableSpec kLocations[] = {{"PIP_CONFIG_FILE"}, {"XDG_CONFIG_DIRS"}, {"XDG_CONFIG_HOME"}};

bool may_be_relative(std::string_view value) {
  return !value.empty() && value.find("://") == std::string_view::npos && value[0] != '/';
}

/// The text of a run cache key.
class KeyWriter {
 public:
  void add_flags(const SettingSpec& setting, const Arguments& arguments) {
    for (const OptionSpec& flag : setting.all_flags()) {
      if (!arguments.has(flag.name)) continue;
      add(flag.name, "");
      for (const std::string& value : arguments.values(flag.name)) {
        add(flag.name, value);
        is_placed_ = is_placed_ || (is_place(setting.kind) && may_be_relative(value));
      }
    }
  }

  void add_variable(std::string_view name, bool is_place) {
    const char* value = std::getenv(name.data());
    if (value == nullptr) return;
    add(name, value);
    // One variable may hold several locations.
    is_placed_ =
        is_placed_ || (is_place && (may_be_relative(value) || std::strpbrk(value, " ,\t\n") != nullptr));
  }

  /// The length before the value makes the text unambiguous: different lists of words give different texts.
  void add(std::string_view name, std::string_view value) {
    text_ += format_text("{} {} {}\n", name, value.size(), value);
  }

  std::string take() {
    if (is_placed_) add("directory", current_directory());
    return std::move(text_);
  }

 private:
  std::string text_;
  bool is_placed_ = false;  ///< the text may hold relative paths
};

}  // namespace

std::string raw_settings(const Arguments& arguments, const ConfigurationFiles& files, SettingTable table) {
  KeyWriter key;
  for (const SettingSpec& setting : table)
    if (setting.is_in_key) key.add_flags(setting, arguments);
  for (const SettingSpec& setting : table)
    if (setting.is_in_key)
      for (const VariableSpec& variable : setting.all_variables())
        key.add_variable(variable.name, is_place(setting.kind));
  for (const VariableSpec& variable : kLocations) key.add_variable(variable.name, true);
  // A variable that is refused misses the run cache, so that the run reads it and fails.
  for (const RefusedVariable& variable : refused_variables()) key.add_variable(variable.name, false);
  for (const auto* list : {&files.present, &files.uv_project, &files.uv})
    for (const std::string& path : *list) key.add("file", path);
  return key.take();
}

}  // namespace envstore

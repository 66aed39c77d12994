
#include <map>

#include "cli/options/config.h"
#include "cli/options/refused.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/home.h"
#include "store/platform/text.h"
#include "store/platform/user_file.h"

namespace envstore {
namespace {

constexpr std::string_view kSpaces = " \t\r\f\v";

/// `--Index_URL` and `index-url` are the same key.
std::string normalised_key(std::string_view key) {
  std::string result;
  for (const char c : key) result.push_back(c == '_' ? '-' : to_lower(c));
  return result.starts_with("--") ? result.substr(2) : result;
}

using Values = std::map<std::string, SettingValue>;

/// configparser's dialect (docs.python.org "Supported INI File Structure"): `[section]`, `key = value` or
/// `key: value`, whole-line comments with # or ;, and more deeply indented lines that continue a value.
class IniReader {
 public:
  explicit IniReader(const std::string& path) : path_(path) {}

  std::map<std::string, Values> read(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      ++line_;
      take_line(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return std::move(sections_);
  }

 private:
  void take_line(std::string_view line) {
    const std::string_view content = trimmed(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') return;
    const std::size_t indent = line.find_first_not_of(kSpaces);
    if (current_ != nullptr && indent > key_indent_) {
      current_->value += "\n" + std::string(content);
      return;
    }
    if (content[0] == '[')
      take_section(content);
    else
      take_key(content, indent);
  }

  void take_section(std::string_view content) {
    const std::size_t close = content.find(']');
    if (close == std::string_view::npos) fail("the section's bracket is not closed");
    section_ = content.substr(1, close - 1);
    has_section_ = true;
    current_ = nullptr;
  }

  void take_key(std::string_view content, std::size_t indent) {
    if (!has_section_) fail("there is no section above it");
    const std::size_t separator = content.find_first_of("=:");
    if (separator == std::string_view::npos) fail("it is neither a section nor `key = value`");
    const std::string key = normalised_key(trimmed(content.substr(0, separator)));
    if (key.empty()) fail("there is no key before the separator");
    current_ = &sections_[section_][key];
    *current_ = {std::string(trimmed(content.substr(separator + 1))), format_text("{}:{}", path_, line_)};
    key_indent_ = indent;
  }

  [[noreturn]] void fail(std::string_view why) const {
    throw Error(ErrorKind::usage, format_text("cannot read '{}': line {}: {}", path_, line_, why),
                "it is pip's configuration: 'pip config debug' shows where it comes from");
  }

  const std::string path_;
  std::map<std::string, Values> sections_;
  std::string section_;
  SettingValue* current_ = nullptr;
  std::size_t line_ = 0, key_indent_ = 0;
  bool has_section_ = false;
};

/// Reads the value of a key of pip's files as its variable PIP_* is read.
void take_value(SettingsLayer& layer, const SettingSpec& setting, const VariableSpec& variable,
                const SettingValue& written) {
  const auto add = [&](std::string_view word) {
    layer.add(setting, read_setting(setting.kind, word, written.source));
  };
  if (!variable.only.empty() && written.value != variable.only) return;
  if (!variable.means.empty()) {
    if (parse_boolean(written)) add(variable.means);
  } else if (!is_list(setting.kind)) {
    // An empty switch means no; any other empty value means that the key is not set.
    if (setting.kind == SettingKind::yes_no || !written.value.empty()) add(written.value);
  } else {
    const std::string_view text = written.value;
    for (std::size_t at = text.find_first_not_of(kWhiteSpace); at != std::string_view::npos;) {
      const std::size_t end = text.find_first_of(kWhiteSpace, at);
      add(text.substr(at, end - at));
      at = text.find_first_not_of(kWhiteSpace, end);
    }
  }
}

void refuse_keys(const Values& values) {
  for (const RefusedVariable& variable : refused_variables()) {
    const std::string key = pip_key(variable.name);
    const auto found = values.find(key);
    if (found == values.end() || asks_for_nothing(found->second.value)) continue;
    throw Error(
        ErrorKind::unsupported,
        format_text("cannot use pip's setting '{}' ({}): it is not supported, and would change what is "
                    "installed",
                    key, found->second.source),
        format_text("{}; --no-config reads no configuration file", variable.remedy));
  }
}

}  // namespace

std::vector<std::string> pip_configuration_files() {
  const std::string named = variable_or_empty("PIP_CONFIG_FILE");
  if (named == "/dev/null") return {};
  std::vector<std::string> files;
  std::string directories = variable_or_empty("XDG_CONFIG_DIRS");
  if (directories.empty()) directories = "/etc/xdg";
  for (std::size_t at = 0; at <= directories.size();) {
    const std::size_t end = std::min(directories.find(':', at), directories.size());
    if (directories[at] == '/') files.push_back(directories.substr(at, end - at) + "/pip/pip.conf");
    at = end + 1;
  }
  files.push_back("/etc/pip.conf");
  const std::string home = home_directory(), config_home = variable_or_empty("XDG_CONFIG_HOME");
  if (!home.empty()) files.push_back(home + "/.pip/pip.conf");
  if (!config_home.empty() || !home.empty())
    files.push_back((config_home.empty() ? home + "/.config" : config_home) + "/pip/pip.conf");
  if (!named.empty()) files.push_back(absolute_path(named));
  return files;
}

SettingsLayer parse_pip_settings(const std::string& text, const std::string& path, SettingTable table) {
  std::map<std::string, Values> sections = IniReader(path).read(text);
  Values values = std::move(sections["install"]);  // the section of a command overrides [global]
  values.merge(sections["global"]);
  SettingsLayer layer;
  for (const SettingSpec& setting : table)
    if (setting.is_in_files)
      for (const VariableSpec& variable : setting.all_variables())
        if (const auto found = values.find(pip_key(variable.name)); found != values.end())
          take_value(layer, setting, variable, found->second);
  refuse_keys(values);
  return layer;
}

SettingsLayer read_pip_settings() {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  SettingsLayer merged;
  for (const std::string& path : pip_configuration_files()) {
    const auto text = read_user_text(path, kLimit);
    if (!text) continue;
    SettingsLayer layer = parse_pip_settings(*text, path);
    layer.fill_from(merged, Lists::first_wins);
    merged = std::move(layer);
  }
  return merged;
}

}  // namespace envstore

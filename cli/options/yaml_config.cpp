#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "cli/options/config.h"
#include "cli/options/suggest.h"
#include "pypackaging/name.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/user_file.h"

namespace envstore {
namespace {

/// The parser of one envstore.yaml.
class YamlReader {
 public:
  YamlReader(const std::string& path, SettingTable table)
      : path_(path), directory_(path.substr(0, path.rfind('/'))), table_(table) {}

  SettingsLayer read(const std::string& text) {
    const YAML::Node root = load(text);
    if (root.IsNull()) return {};
    if (!root.IsMap()) fail(root.Mark(), "the file must hold `key: value` lines");
    take_map(root, "");
    return std::move(layer_);
  }

 private:
  YAML::Node load(const std::string& text) {
    try {
      return YAML::Load(text);
    } catch (const YAML::Exception& error) {
      fail(error.mark, error.msg);
    }
  }

  /// `group`: the prefix of the settings' names for the keys of this map: "gc.".
  void take_map(const YAML::Node& map, const std::string& group) {
    std::set<std::string> seen;
    for (const auto& pair : map) {
      if (!pair.first.IsScalar()) fail(pair.first.Mark(), "a key must be a word");
      const std::string& key = pair.first.Scalar();
      const std::string name = group + key;
      const SettingSpec* setting = find_setting(table_, name);
      // A setting with a dot in its name is read from its map only.
      const bool is_known = setting != nullptr && setting->is_in_files && key.find('.') == std::string::npos;
      if (!is_known && !is_group(name)) throw_unknown(pair.first, group);
      if (!seen.insert(key).second) fail(pair.first.Mark(), format_text("'{}' occurs twice", key));
      if (is_known)
        take(*setting, pair.second);
      else
        take_group(name, pair.second);
    }
  }

  bool is_group(const std::string& name) const {
    return std::any_of(table_.begin(), table_.end(), [&](const SettingSpec& setting) {
      return setting.is_in_files && setting.name.starts_with(name + ".");
    });
  }

  [[noreturn]] void throw_unknown(const YAML::Node& key, const std::string& group) {
    std::vector<std::string> known;
    for (const SettingSpec& setting : table_) {
      if (!setting.is_in_files || !setting.name.starts_with(group)) continue;
      const std::string_view rest = setting.name.substr(group.size());
      known.emplace_back(rest.substr(0, rest.find('.')));
    }
    const auto nearest = nearest_word(key.Scalar(), known);
    fail(key.Mark(), format_text("there is no key '{}'", key.Scalar()),
         nearest ? format_text("did you mean '{}'?", *nearest) : "'envstore help config' lists the keys");
  }

  void take_group(const std::string& group, const YAML::Node& node) {
    if (node.IsScalar() && (node.Scalar() == "none" || node.Scalar() == "never" || node.Scalar() == "off")) {
      turn_off(group, node);
      return;
    }
    if (!node.IsMap())
      fail(node.Mark(), format_text("{} must hold `key: value` lines, as max-size: 20GB, or be none", group));
    take_map(node, group + ".");
  }

  /// Disables the built-in rules of a group, except grace times.
  void turn_off(const std::string& group, const YAML::Node& node) {
    for (const char* rule : {"max-size", "min-free", "max-age"})
      if (const SettingSpec* setting = find_setting(table_, format_text("{}.{}", group, rule)))
        layer_.add(*setting, {node.Scalar(), source(node)});
  }

  void take(const SettingSpec& setting, const YAML::Node& node) {
    if (is_per_package(setting.kind)) return take_cutoffs(setting, node);
    if (setting.kind == SettingKind::pairs && node.IsMap()) {
      for (const auto& pair : node)
        layer_.add(setting, read_setting(setting.kind, word(pair.first) + "=" + word(pair.second),
                                         source(pair.second)));
      return;
    }
    if (is_list(setting.kind) && node.IsSequence()) {
      for (const YAML::Node& item : node) take_value(setting, item);
      return;
    }
    take_value(setting, node);
  }

  void take_value(const SettingSpec& setting, const YAML::Node& node) {
    const bool is_index = setting.kind == SettingKind::index || setting.kind == SettingKind::indexes;
    if (is_index && node.IsMap()) return take_index(setting, node);
    layer_.add(setting, read_setting(setting.kind, word(node), source(node), directory_));
  }

  void take_cutoffs(const SettingSpec& setting, const YAML::Node& node) {
    if (!node.IsMap()) fail(node.Mark(), format_text("{} must hold `name: value` lines", setting.name));
    for (const auto& pair : node)
      layer_.add(setting,
                 {word(pair.second), source(pair.second), pypackaging::normalize_name(word(pair.first))});
  }

  /// `{name: N, url: URL}`.
  void take_index(const SettingSpec& setting, const YAML::Node& node) {
    std::string name, url;
    for (const auto& pair : node) {
      const std::string key = word(pair.first);
      if (key != "name" && key != "url")
        fail(pair.first.Mark(), format_text("there is no key '{}' here: only name and url", key));
      (key == "name" ? name : url) = word(pair.second);
    }
    if (url.empty()) fail(node.Mark(), "an index needs a url");
    SettingValue index = read_setting(setting.kind, url, source(node), directory_);
    if (!name.empty()) index.name = name;
    layer_.add(setting, std::move(index));
  }

  std::string word(const YAML::Node& node) const {
    if (!node.IsScalar() || node.Scalar().empty()) fail(node.Mark(), "the value must be a word");
    return node.Scalar();
  }

  std::string source(const YAML::Node& node) const {
    return format_text("{}:{}", path_, node.Mark().line + 1);
  }

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& why, const std::string& hint = {}) const {
    throw Error(
        ErrorKind::usage,
        format_text("cannot read '{}': line {}, column {}: {}", path_, mark.line + 1, mark.column + 1, why),
        hint);
  }

  const std::string path_, directory_;
  const SettingTable table_;
  SettingsLayer layer_;
};

}  // namespace

SettingsLayer parse_yaml_settings(const std::string& text, const std::string& path, SettingTable table) {
  return YamlReader(path, table).read(text);
}

SettingsLayer read_yaml_settings(const std::string& path) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  const auto text = read_user_text(path, kLimit);
  return text ? parse_yaml_settings(*text, path) : SettingsLayer();
}

}  // namespace envstore

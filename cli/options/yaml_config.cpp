#include <yaml-cpp/yaml.h>

#include <functional>

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
  explicit YamlReader(const std::string& path) : path_(path), directory_(path.substr(0, path.rfind('/'))) {}

  SettingsLayer read(const std::string& text) {
    const YAML::Node root = load(text);
    if (root.IsNull()) return {};
    if (!root.IsMap()) fail(root.Mark(), "the file must hold `key: value` lines");
    for (const auto& pair : root) {
      if (!pair.first.IsScalar()) fail(pair.first.Mark(), "a key must be a word");
      take(pair.first, pair.second);
    }
    return std::move(layer_);
  }

 private:
  using Reader = std::function<void(const YAML::Node&)>;

  YAML::Node load(const std::string& text) {
    try {
      return YAML::Load(text);
    } catch (const YAML::Exception& error) {
      fail(error.mark, error.msg);
    }
  }

  void take(const YAML::Node& key, const YAML::Node& value) {
    const std::map<std::string, Reader> readers = {
        {"index", [&](const YAML::Node& node) { each_place(node, layer_.indexes, false); }},
        {"find-links", [&](const YAML::Node& node) { each_place(node, layer_.find_links, true); }},
        {"default-index",
         [&](const YAML::Node& node) {
           layer_.default_index = {place(node, false), source(node)};
         }},
        {"no-index", [&](const YAML::Node& node) { layer_.no_index = boolean(node); }},
        {"offline", [&](const YAML::Node& node) { layer_.offline = boolean(node); }},
        {"prerelease", [&](const YAML::Node& node) { layer_.prerelease = word(node); }},
        {"resolution", [&](const YAML::Node& node) { layer_.resolution = word(node); }},
        {"exclude-newer", [&](const YAML::Node& node) { layer_.exclude_newer = word(node); }},
        {"exclude-newer-package", [&](const YAML::Node& node) { take_cutoffs(node); }},
        {"index-strategy", [&](const YAML::Node& node) { layer_.index_strategy = word(node); }},
        {"keyring-provider", [&](const YAML::Node& node) { layer_.keyring_provider = word(node); }},
        {"no-sources", [&](const YAML::Node& node) { layer_.no_sources = boolean(node); }},
        {"constraints", [&](const YAML::Node& node) { each_path(node, layer_.constraint_files); }},
        {"overrides", [&](const YAML::Node& node) { each_path(node, layer_.override_files); }},
        {"python-preference", [&](const YAML::Node& node) { layer_.python_preference = word(node); }},
        {"python", [&](const YAML::Node& node) { layer_.python = word(node); }},
        {"layout", [&](const YAML::Node& node) { layer_.layout = word(node); }},
        {"bytecode", [&](const YAML::Node& node) { layer_.bytecode = word(node); }},
        {"gc", [&](const YAML::Node& node) { take_gc(node); }},
    };
    take_by(readers, seen_, key, value);
  }

  void take_gc(const YAML::Node& node) {
    GcSettings& gc = layer_.gc;
    if (node.IsScalar() && (node.Scalar() == "none" || node.Scalar() == "never" || node.Scalar() == "off")) {
      for (auto* rule : {&gc.max_size, &gc.min_free, &gc.max_age}) *rule = word(node);
      return;
    }
    if (!node.IsMap()) fail(node.Mark(), "gc must hold `key: value` lines, as max-size: 20GB, or be none");
    const auto into = [this](std::optional<Setting<std::string>>& setting) {
      return [this, &setting](const YAML::Node& value) { setting = word(value); };
    };
    const std::map<std::string, Reader> readers = {
        {"max-size", into(gc.max_size)}, {"min-free", into(gc.min_free)},   {"reserved", into(gc.reserved)},
        {"max-age", into(gc.max_age)},   {"keep-last", into(gc.keep_last)}, {"grace", into(gc.grace)},
    };
    std::set<std::string> seen;
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) fail(pair.first.Mark(), "a key must be a word");
      take_by(readers, seen, pair.first, pair.second);
    }
  }

  void take_by(const std::map<std::string, Reader>& readers, std::set<std::string>& seen,
               const YAML::Node& key, const YAML::Node& value) {
    const auto found = readers.find(key.Scalar());
    if (found == readers.end()) {
      std::vector<std::string> known;
      for (const auto& [name, reader] : readers) known.push_back(name);
      const auto nearest = nearest_word(key.Scalar(), known);
      fail(key.Mark(), format_text("there is no key '{}'", key.Scalar()),
           nearest ? format_text("did you mean '{}'?", *nearest) : "'envstore help config' lists the keys");
    }
    if (!seen.insert(key.Scalar()).second) fail(key.Mark(), format_text("'{}' stands twice", key.Scalar()));
    found->second(value);
  }

  void take_cutoffs(const YAML::Node& node) {
    if (!node.IsMap()) fail(node.Mark(), "exclude-newer-package must hold `name: date` lines");
    for (const auto& pair : node)
      layer_.exclude_newer_packages[pypackaging::normalize_name(word(pair.first).value)] = word(pair.second);
  }

  void each_path(const YAML::Node& node, std::vector<Setting<std::string>>& paths) {
    std::vector<Setting<IndexLocation>> places;
    each_place(node, places, true);
    for (const auto& place : places) paths.push_back({place.value.url, place.source});
  }

  void each_place(const YAML::Node& node, std::vector<Setting<IndexLocation>>& places, bool is_find_links) {
    if (!node.IsSequence()) {
      places.push_back({place(node, is_find_links), source(node)});
      return;
    }
    for (const YAML::Node& item : node) places.push_back({place(item, is_find_links), source(item)});
  }

  /// Parses `URL` or `{name: N, url: URL}`.
  IndexLocation place(const YAML::Node& node, bool is_find_links) {
    if (!node.IsMap()) return index_location(word(node).value, directory_, is_find_links);
    std::string name, url;
    for (const auto& pair : node) {
      const std::string key = word(pair.first).value;
      if (key != "name" && key != "url")
        fail(pair.first.Mark(), format_text("there is no key '{}' here: only name and url", key));
      (key == "name" ? name : url) = word(pair.second).value;
    }
    if (url.empty()) fail(node.Mark(), "an index needs a url");
    IndexLocation location = index_location(url, directory_, is_find_links);
    if (!name.empty()) location.name = name;
    return location;
  }

  Setting<std::string> word(const YAML::Node& node) {
    if (!node.IsScalar() || node.Scalar().empty()) fail(node.Mark(), "the value must be a word");
    return {node.Scalar(), source(node)};
  }

  Setting<bool> boolean(const YAML::Node& node) {
    const Setting<std::string> written = word(node);
    return {parse_boolean(written), written.source};
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
  std::set<std::string> seen_;
  SettingsLayer layer_;
};

}  // namespace

SettingsLayer parse_yaml_settings(const std::string& text, const std::string& path) {
  return YamlReader(path).read(text);
}

SettingsLayer read_yaml_settings(const std::string& path) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  const auto text = read_user_text(path, kLimit);
  return text ? parse_yaml_settings(*text, path) : SettingsLayer();
}

}  // namespace envstore

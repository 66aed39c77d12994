#include "python/settings/script_metadata.h"

#include <algorithm>
#include <iterator>

#include "python/settings/toml.h"
#include "python/settings/uv_options_reader.h"
#include "store/platform/error.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

/// The field that a misspelt one means (`dependecies`, `requires_python`), which would otherwise be ignored
/// silently. Other unknown fields may belong to other tools.
std::optional<std::string> meant_by(const std::string& key) {
  std::string written = to_lower(key);
  std::replace(written.begin(), written.end(), '_', '-');
  for (const std::string field : {"dependencies", "requires-python", "tool"}) {
    const std::size_t longest = std::max(field.size(), written.size());
    const auto same_start =
        std::mismatch(field.begin(), field.end(), written.begin(), written.end()).first - field.begin();
    const auto same_end =
        std::mismatch(field.rbegin(), field.rend(), written.rbegin(), written.rend()).first - field.rbegin();
    if (static_cast<std::size_t>(same_start + same_end) + field.size() / 4 >= longest) return field;
  }
  return std::nullopt;
}

/// Suggests a specifier for a version without an operator, or with another tool's operator (`^3.11`).
std::string specifier_advice(std::string_view written) {
  std::string_view text = trimmed(written, " \t^~=");
  if (text.ends_with(".*")) text.remove_suffix(2);
  const auto version = pypackaging::Version::parse(text);
  if (!version) return {};
  std::string numbers;
  for (const auto number : version->release())
    numbers += (numbers.empty() ? "" : ".") + std::to_string(number);
  return "; write '>=" + numbers + "' for this version and newer ones, or '==" + numbers +
         (version->release().size() > 2 ? "'" : ".*'") + " for it alone";
}

class Reader {
 public:
  Reader(std::size_t first_line, const std::string& script, const std::string& directory)
      : first_line_(first_line), script_(script), directory_(directory) {}

  ScriptMetadata read(std::string_view text) {
    toml::table table;
    try {
      table = parse_toml(text);
    } catch (const TomlError& error) {
      fail(error.where, error.what());
    }
    for (const auto& [key, node] : table) take(std::string(key.str()), node);
    return std::move(metadata_);
  }

 private:
  [[noreturn]] void fail(const toml::source_region& where, const std::string& reason) {
    // The TOML text is the block without the two-character comment prefix of each line.
    throw Error(ErrorKind::invalid_input, "cannot read the metadata of '" + script_ + "': line " +
                                              std::to_string(where.begin.line + first_line_ - 1) +
                                              ", column " + std::to_string(where.begin.column + 2) + ": " +
                                              reason);
  }

  void take(const std::string& key, const toml::node& node) {
    if (key == "requires-python")
      metadata_.requires_python = specifier(node);
    else if (key == "dependencies")
      metadata_.dependencies = requirements(node);
    else if (key == "tool")
      take_tools(node);
    else if (const auto meant = meant_by(key))
      fail(node.source(), "there is no '" + key + "': '" + *meant + "' is meant");
    else
      metadata_.warnings.push_back("'" + key + "' in the metadata of '" + script_ +
                                   "' is not known, and ignored");
  }

  void take_tools(const toml::node& node) {
    const toml::table* tools = node.as_table();
    if (tools == nullptr) fail(node.source(), "'tool' must be a table");
    for (const char* name : {"envstore", "uv"})
      if (const toml::node* tool = tools->get(name)) add_below(metadata_.settings, read_tool(name, *tool));
  }

  /// As between all sources: the upper one has priority, and its lists come first.
  static void add_below(ScriptSettings& upper, ScriptSettings lower) {
    upper.layer.fill_from(lower.layer, Lists::joined);
    for (auto list : {&ScriptSettings::constraints, &ScriptSettings::overrides, &ScriptSettings::exclusions,
                      &ScriptSettings::build_constraints})
      if ((upper.*list).empty()) upper.*list = std::move(lower.*list);
    std::move(lower.sources.begin(), lower.sources.end(), std::back_inserter(upper.sources));
  }

  ScriptSettings read_tool(const std::string& name, const toml::node& node) {
    const toml::table* tool = node.as_table();
    if (tool == nullptr) fail(node.source(), "'tool." + name + "' must be a table");
    OptionsOrigin origin;
    origin.what = "the metadata of '" + script_ + "'";
    origin.prefix = "tool." + name + ".";
    origin.source = "the script's metadata";
    origin.lines_before = first_line_ - 1;
    origin.columns_before = 2;
    origin.directory = directory_;
    ScriptSettings settings;
    UvOptionsReader(origin, settings).take(*tool);
    return settings;
  }

  std::string text(const toml::node& node) {
    const auto value = node.value<std::string>();
    if (!node.is_string() || !value) fail(node.source(), "a text is expected here");
    return *value;
  }

  pypackaging::SpecifierSet specifier(const toml::node& node) {
    if (node.is_number()) fail(node.source(), "a text is expected here, as \">=3.11\" with its quotes");
    const std::string written = text(node);
    auto parsed = pypackaging::SpecifierSet::parse(written);
    if (!parsed)
      fail(node.source(), "requires-python: " + parsed.error().message + specifier_advice(written));
    return std::move(*parsed);
  }

  std::vector<pypackaging::Requirement> requirements(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr) fail(node.source(), "'dependencies' must be an array of texts");
    std::vector<pypackaging::Requirement> result;
    for (const toml::node& entry : *list) {
      auto parsed = pypackaging::Requirement::parse(text(entry));
      if (!parsed)
        fail(entry.source(), "'" + text(entry) + "' is not a requirement: " + parsed.error().message);
      result.push_back(std::move(*parsed));
    }
    return result;
  }

  const std::size_t first_line_;
  const std::string script_, directory_;
  ScriptMetadata metadata_;
};

}  // namespace

ScriptMetadata read_script_metadata(std::string_view toml, std::size_t first_line, const std::string& script,
                                    const std::string& directory) {
  return Reader(first_line, script, directory).read(toml);
}

}  // namespace envstore

#include "python/settings/project_requirements.h"

#include <algorithm>

#include "pypackaging/script.h"
#include "python/settings/script_metadata.h"
#include "python/settings/setting_parsers.h"
#include "python/settings/toml.h"
#include "store/platform/error.h"
#include "store/platform/path_parts.h"
#include "store/platform/text_encoding.h"

namespace envstore {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& reason, const std::string& hint = {}) {
  throw Error(ErrorKind::unsupported, "cannot take requirements from '" + path + "': " + reason, hint);
}

/// Refuses settings that would have to apply to this file's requirements alone: a layer is resolved with one
/// set of settings.
void check_settings(const std::string& path, const ScriptSettings& settings) {
  bool has_choice = !settings.overrides.empty() || !settings.exclusions.empty();
  for (const char* setting :
       {"exclude-newer", "exclude-newer-package", "prerelease", "resolution", "index-strategy"})
    has_choice = has_choice || settings.layer.find(setting) != nullptr;
  if (has_choice)
    refuse(path, "its block sets how versions are chosen, which would count for its requirements alone",
           "give the setting as a flag, as --exclude-newer or --prerelease");
  const auto indexes = settings.layer.of("index");
  const auto is_explicit = [](const SettingValue& index) { return index.is_explicit; };
  if (!settings.sources.empty() || std::any_of(indexes.begin(), indexes.end(), is_explicit))
    refuse(path, "its block takes packages from places of their own (tool.uv.sources, explicit indexes)",
           "run the script itself, or give what it names with --with");
}

void read_script(const std::string& path, const std::string& bytes, RequirementsFile& out) {
  const auto block = pypackaging::find_script_block(bytes);
  if (!block) {
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(block.error().position);
    throw Error(ErrorKind::invalid_input, "cannot read the metadata of '" + path + "': line " +
                                              std::to_string(1 + std::count(bytes.begin(), end, '\n')) +
                                              ": " + block.error().message);
  }
  if (!*block) refuse(path, "the script has no metadata block (# /// script)");
  const std::string toml =
      decode_declared_text((*block)->toml, declared_encoding(bytes), path, (*block)->first_line);
  ScriptMetadata metadata = read_script_metadata(toml, (*block)->first_line, path, directory_of(path));
  check_settings(path, metadata.settings);
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  append(out.requirements, metadata.dependencies);
  const SettingsLayer& settings = metadata.settings.layer;
  for (const SettingValue& index : settings.of("index")) out.extra_indexes.push_back(index_location(index));
  for (const SettingValue& place : settings.of("find-links")) out.find_links.push_back(index_location(place));
  if (const SettingValue* index = settings.find("default-index")) out.default_index = index_location(*index);
  out.no_index = out.no_index || settings.is_on("no-index");
  for (const std::string& text : metadata.settings.constraints)
    out.constraints.push_back(parse_user_requirement(text, directory_of(path)));
}

class ProjectReader {
 public:
  ProjectReader(const std::string& path, RequirementsFile& out) : path_(path), out_(out) {}

  void read(const std::string& text) {
    toml::table table;
    try {
      table = parse_toml(text);
    } catch (const TomlError& error) {
      fail(error.where, error.what());
    }
    const toml::table* const project = table["project"].as_table();
    if (project == nullptr) refuse(path_, "it has no [project] table");
    if (const toml::array* const dynamic = (*project)["dynamic"].as_array())
      for (const toml::node& field : *dynamic)
        if (field.value_or(std::string()) == "dependencies")
          refuse(path_, "its dependencies are dynamic: only a build could find them");
    refuse_sources(table);
    const toml::node* const dependencies = project->get("dependencies");
    if (dependencies != nullptr) take(*dependencies);
  }

 private:
  /// A source would install a different file than the package index has under the same name.
  void refuse_sources(const toml::table& table) {
    const toml::node_view<const toml::node> sources = table["tool"]["uv"]["sources"];
    if (sources) fail(sources.node()->source(), "tool.uv.sources is not supported here");
  }

  void take(const toml::node& node) {
    const toml::array* const list = node.as_array();
    if (list == nullptr) fail(node.source(), "'dependencies' must be an array of texts");
    for (const toml::node& entry : *list) {
      const auto text = entry.value<std::string>();
      if (!entry.is_string() || !text) fail(entry.source(), "a text is expected here");
      auto requirement = pypackaging::Requirement::parse(*text);
      if (!requirement) fail(entry.source(), requirement.error().message);
      out_.requirements.push_back(std::move(*requirement));
    }
  }

  [[noreturn]] void fail(const toml::source_region& where, const std::string& reason) const {
    throw Error(ErrorKind::invalid_input, "cannot read '" + path_ + "': line " +
                                              std::to_string(where.begin.line) + ", column " +
                                              std::to_string(where.begin.column) + ": " + reason);
  }

  const std::string& path_;
  RequirementsFile& out_;
};

}  // namespace

bool read_other_kind(const std::string& path, const std::string& bytes, RequirementsFile& out) {
  const std::string name = name_of(path);
  const bool is_lock = name == "pylock.toml" || (name.starts_with("pylock.") && name.ends_with(".toml"));
  if (is_lock) refuse(path, "a lock is installed as a whole", "name it alone: --with-requirements " + name);
  if (name == "uv.lock") refuse(path, "it locks a project", "export a requirements file from it");
  if (name == "setup.py" || name == "setup.cfg")
    refuse(path, "only a build could find them",
           "write the dependencies into a pyproject.toml or a requirements file");
  if (name.ends_with(".py") || name.ends_with(".pyw"))
    read_script(path, bytes, out);
  else if (name == "pyproject.toml")
    ProjectReader(path, out).read(decode_text(bytes, path));
  else
    return false;
  return true;
}

}  // namespace envstore

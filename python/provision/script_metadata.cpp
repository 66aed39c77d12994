#include "python/provision/script_metadata.h"

#include <stdexcept>

// toml++ asserts where its parser of table headers meets `[!`: a text from outside must not end the program.
#undef NDEBUG
#define TOML_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : throw std::invalid_argument("it is no TOML"))
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wterminate"  // in what is noexcept there an assertion ends the program as before
#endif
#include <toml++/toml.h>
#ifndef __clang__
#pragma GCC diagnostic pop
#endif
#include <set>
#include <sstream>

#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

class Reader {
 public:
  Reader(std::size_t first_line, const std::string& script, const std::string& directory)
      : first_line_(first_line), script_(script), directory_(directory) {}

  ScriptMetadata read(std::string_view text) {
    toml::table table;
    try {
      table = toml::parse(text);
    } catch (const toml::parse_error& error) {
      fail(error.source(), std::string(error.description()));
    } catch (const std::invalid_argument& error) {
      fail({}, error.what());
    }
    for (const auto& [key, node] : table) take(std::string(key.str()), node);
    return std::move(metadata_);
  }

 private:
  [[noreturn]] void fail(const toml::source_region& where, const std::string& reason) {
    // The TOML text is the block without its two characters of comment prefix a line.
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
    else
      metadata_.warnings.push_back("'" + key + "' in the metadata of '" + script_ +
                                   "' is not known, and ignored");
  }

  void take_tools(const toml::node& node) {
    const toml::table* tools = node.as_table();
    if (tools == nullptr) fail(node.source(), "'tool' must be a table");
    for (const char* name : {"uv", "envstore"})  // what is said for envstore counts more
      if (const toml::node* tool = tools->get(name)) take_tool(name, *tool);
  }

  void take_tool(const std::string& name, const toml::node& node) {
    const toml::table* tool = node.as_table();
    if (tool == nullptr) fail(node.source(), "'tool." + name + "' must be a table");
    for (const auto& [key, value] : *tool)
      if (!take_setting(std::string(key.str()), value))
        metadata_.warnings.push_back("'tool." + name + "." + std::string(key.str()) +
                                     "' in the metadata of '" + script_ + "' is not known, and ignored");
  }

  bool take_setting(const std::string& key, const toml::node& value) {
    ScriptSettings& settings = metadata_.settings;
    if (key == "index")
      take_indexes(value);
    else if (key == "index-url")
      settings.default_index = location(text(value));
    else if (key == "extra-index-url")
      for (const auto& url : texts(value)) settings.indexes.push_back(location(url));
    else if (key == "find-links")
      for (const auto& url : texts(value)) settings.find_links.push_back(links(url));
    else if (key == "no-index")
      settings.no_index = boolean(value);
    else if (key == "exclude-newer")
      settings.exclude_newer = date(value);
    else if (key == "prerelease")
      settings.prerelease = text(value);
    else if (key == "resolution")
      settings.resolution = text(value);
    else if (key == "constraint-dependencies")
      settings.constraints = texts(value);
    else if (key == "override-dependencies")
      settings.overrides = texts(value);
    else
      return false;
    return true;
  }

  void take_indexes(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr) fail(node.source(), "'index' must be an array of tables");
    for (const toml::node& entry : *list) {
      const toml::table* table = entry.as_table();
      const toml::node* url = table == nullptr ? nullptr : table->get("url");
      if (url == nullptr) fail(entry.source(), "an index must be a table with a 'url'");
      IndexLocation index = location(text(*url));
      if (const toml::node* name = table->get("name")) index.name = text(*name);
      const toml::node* is_default = table->get("default");
      if (is_default != nullptr && boolean(*is_default))
        metadata_.settings.default_index = index;
      else
        metadata_.settings.indexes.push_back(index);
    }
  }

  std::string text(const toml::node& node) {
    const auto value = node.value<std::string>();
    if (!node.is_string() || !value) fail(node.source(), "a text is expected here");
    return *value;
  }

  bool boolean(const toml::node& node) {
    if (!node.is_boolean()) fail(node.source(), "true or false is expected here");
    return *node.value<bool>();
  }

  std::string date(const toml::node& node) {
    if (node.is_string()) return text(node);
    std::ostringstream stream;
    if (const auto* day = node.as_date())
      stream << *day;
    else if (const auto* time = node.as_date_time())
      stream << *time;
    else
      fail(node.source(), "a date is expected here");
    return stream.str();
  }

  std::vector<std::string> texts(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr) return {text(node)};
    std::vector<std::string> result;
    for (const toml::node& entry : *list) result.push_back(text(entry));
    return result;
  }

  pypackaging::SpecifierSet specifier(const toml::node& node) {
    auto parsed = pypackaging::SpecifierSet::parse(text(node));
    if (!parsed) fail(node.source(), "requires-python: " + parsed.error().message);
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

  IndexLocation location(const std::string& written) {
    IndexLocation result;
    result.url =
        written.find("://") == std::string::npos ? absolute_path(directory_ + "/" + written) : written;
    if (written.starts_with('/')) result.url = written;
    return result;
  }

  IndexLocation links(const std::string& written) {
    IndexLocation result = location(written);
    result.is_find_links = true;
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

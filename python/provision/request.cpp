#include "python/provision/request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pypackaging/name.h"
#include "python/network/url.h"
#include "python/settings/requirements_file.h"
#include "store/platform/files.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

using Json = nlohmann::json;

const char* name_of(Target::Kind kind) {
  switch (kind) {
    case Target::Kind::script:
      return "script";
    case Target::Kind::module:
      return "module";
    case Target::Kind::standard_input:
      return "standard-input";
    case Target::Kind::command:
      break;
  }
  return "command";
}

/// A word that is not parsed yet: `//user:password@host` is no URL whose password could be removed.
std::string shown(const std::string& word) {
  const std::size_t at = word.find("@ ");
  const std::string address = at == std::string::npos
                                  ? word
                                  : word.substr(std::min(word.find_first_not_of(' ', at + 1), word.size()));
  return lacks_scheme(address) ? "(an address without its scheme)" : without_secrets(word);
}

Json words_json(const std::vector<std::string>& words) {
  Json list = Json::array();
  for (const std::string& word : words) list.push_back(shown(word));
  return list;
}

Json settings_json(const std::vector<SettingSource>& settings) {
  Json list = Json::array();
  for (const SettingSource& setting : settings)
    list.push_back(
        {{"name", setting.name}, {"value", without_secrets(setting.value)}, {"source", setting.source}});
  return list;
}

}  // namespace

std::string to_json(const Request& request) {
  const RunWords& words = request.words;
  const Json json = {{"target", {{name_of(words.target.kind), shown(words.target.name)}}},
                     {"with", words_json(words.with)},
                     {"with-requirements", words_json(words.with_requirements)},
                     {"python", shown(words.python)},
                     {"layout", words.layout == Layout::farm ? "farm" : "forest"},
                     {"settings", settings_json(request.sources)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void apply_flags(const RunWords& words, ResolutionSettings& settings) {
  settings.upgrade = settings.upgrade || words.upgrade;
  settings.indexes.refresh = settings.indexes.refresh || words.refresh || words.upgrade;
  settings.indexes.offline = settings.indexes.offline || words.offline;
  for (const std::string& name : words.refresh_packages)
    settings.indexes.refresh_packages.insert(pypackaging::normalize_name(name));
  for (const std::string& text : words.upgrade_packages) {
    settings.upgrade_packages.push_back(parse_user_requirement(text, current_directory()));
    settings.indexes.refresh_packages.insert(settings.upgrade_packages.back().normalized_name);
  }
}

}  // namespace envstore

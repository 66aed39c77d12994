#include "../operation.h"

#include <algorithm>

#include "pypackaging/filename.h"
#include "pypackaging/metadata.h"
#include "pypackaging/script.h"
#include "pypackaging/tags.h"

namespace pypackaging::probe {
namespace {

std::string text_of(const Json& request) {
  return request.at("text").get<std::string>();
}

template <class T>
T accepted(Result<T> result) {
  if (!result)
    throw Refused(result.error().message + " (at " + std::to_string(result.error().position) + ")");
  return std::move(result).value();
}

Json tag_texts(const std::vector<Tag>& tags) {
  Json texts = Json::array();
  for (const Tag& tag : tags) texts.push_back(tag.text());
  return texts;
}

std::optional<std::pair<int, int>> pair_of(const Json& request, const char* key) {
  const auto found = request.find(key);
  if (found == request.end()) return std::nullopt;
  return found->get<std::pair<int, int>>();
}

Json tags(const Json& request) {
  TagEnvironment environment;
  environment.implementation = request.at("implementation").get<std::string>();
  environment.version = request.at("version").get<std::pair<int, int>>();
  environment.abi = request.value("abi", "");
  environment.free_threaded = request.value("free_threaded", false);
  environment.platform = request.at("platform").get<std::string>();
  environment.glibc = pair_of(request, "glibc");
  environment.musl = pair_of(request, "musl");
  return {{"tags", tag_texts(supported_tags(environment))}};
}

Json wheel_filename(const Json& request) {
  const WheelFilename wheel = accepted(WheelFilename::parse(text_of(request)));
  Json answer = {
      {"name", wheel.name}, {"version", wheel.version.canonical()}, {"tags", tag_texts(wheel.tags)}};
  answer["build"] = wheel.build ? Json::array({wheel.build->first, wheel.build->second}) : Json();
  return answer;
}

Json sdist_filename(const Json& request) {
  const SdistFilename sdist = accepted(SdistFilename::parse(text_of(request)));
  return {{"name", sdist.name}, {"version", sdist.version.canonical()}};
}

Json split_keywords(const std::string& value) {
  Json keywords = Json::array();
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t comma = std::min(value.find(',', begin), value.size());
    const std::string keyword = value.substr(begin, comma - begin);
    const std::size_t first = keyword.find_first_not_of(" \t\r\n");
    keywords.push_back(first == std::string::npos
                           ? ""
                           : keyword.substr(first, keyword.find_last_not_of(" \t\r\n") + 1 - first));
    begin = comma + 1;
  }
  return keywords;
}

/// The JSON form of core metadata (PEP 566, and "Core metadata" since then): names with underscores,
/// multiple-use fields as lists, keywords split at commas.
Json field_values(const std::string& name, const std::vector<std::string>& values) {
  if (name == "keywords") return split_keywords(values.front());
  if (is_multiple_use_field(name) || values.size() > 1) return values;
  return values.front();
}

Json metadata(const Json& request) {
  const CoreMetadata core = CoreMetadata::parse(text_of(request));
  Json fields = Json::object(), errors = Json::array();
  for (const auto& [name, values] : core.fields) {
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    // `project-url` comes before a foreign `project_url`, and stays.
    fields.emplace(key, field_values(name, values));
  }
  for (const ParseError& error : core.errors) errors.push_back(error.message);
  return {{"fields", fields}, {"errors", errors}};
}

Json record(const Json& request) {
  Json entries = Json::array();
  for (const RecordEntry& entry : accepted(parse_record(text_of(request))))
    entries.push_back(
        {{"path", entry.path},
         {"hash", entry.algorithm.empty() ? Json() : Json(entry.algorithm + "=" + entry.digest)},
         {"size", entry.size ? Json(*entry.size) : Json()}});
  return {{"entries", entries}};
}

std::string reference_text(const EntryPoint& point) {
  std::string text = point.module;
  if (!point.attribute.empty()) text += ":" + point.attribute;
  for (std::size_t i = 0; i < point.extras.size(); ++i) text += (i == 0 ? " [" : ",") + point.extras[i];
  return point.extras.empty() ? text : text + "]";
}

Json entry_points(const Json& request) {
  Json groups = Json::object();
  for (const auto& [group, points] : accepted(parse_entry_points(text_of(request)))) {
    groups[group] = Json::object();
    for (const EntryPoint& point : points) groups[group][point.name] = reference_text(point);
  }
  return {{"groups", groups}};
}

Json script(const Json& request) {
  const auto block = accepted(find_script_block(text_of(request)));
  return {{"metadata", block ? Json(block->toml) : Json()}};
}

}  // namespace

void add_formats_operations(Operations& operations) {
  operations["tags"] = tags;
  operations["wheel_filename"] = wheel_filename;
  operations["sdist_filename"] = sdist_filename;
  operations["metadata"] = metadata;
  operations["record"] = record;
  operations["entry_points"] = entry_points;
  operations["script"] = script;
}

}  // namespace pypackaging::probe

#include "python/interpreter/interpreter.h"

#include <climits>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "python/interpreter/probe_script.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/json_number.h"
#include "store/platform/path_parts.h"

namespace envstore {
namespace {

using nlohmann::json;

constexpr int kFactsVersion = 2;  // raise when the facts change; rows of others are stale

std::string absolute(const json& answer, const char* name) {
  std::string path = answer.at(name).get<std::string>();
  if (!path.starts_with('/') || path.size() > PATH_MAX || path.find('\0') != std::string::npos)
    throw Error(ErrorKind::invalid_input, format_text("its '{}' is no absolute path", name));
  return path;
}

/// Used as a path in scratches and snapshots, so it is restricted.
std::string relative_site(const json& answer) {
  std::string path = answer.at("site_path").get<std::string>();
  const bool is_plain = path.starts_with("lib") && path.size() < 256 &&
                        path.find("..") == std::string::npos &&
                        path.find_first_of(std::string_view("\0\n\\", 3)) == std::string::npos &&
                        path.find("//") == std::string::npos && !path.ends_with('/');
  if (!is_plain)
    throw Error(ErrorKind::invalid_input, format_text("its site-packages '{}' has no known place", path));
  return path;
}

std::string plain_word(const json& answer, const char* name) {
  std::string word = answer.at(name).get<std::string>();
  if (word.size() > 128 || word.find_first_of(std::string_view("/\0\n\r", 4)) != std::string::npos)
    throw Error(ErrorKind::invalid_input, format_text("its '{}' is no plain word", name));
  return word;
}

std::optional<std::pair<int, int>> two_numbers(const json& value) {
  if (value.is_null()) return std::nullopt;
  return std::pair(whole_number<int>(value.at(0)), whole_number<int>(value.at(1)));
}

/// The ABI tag: `cp313t`, `cp38d`; for other implementations the part of SOABI before the platform,
/// `pypy39_pp73`.
std::string abi_tag(const json& answer, const Interpreter& interpreter) {
  if (interpreter.implementation == "cpython")
    return format_text("cp{}{}{}{}", interpreter.major, interpreter.minor,
                       interpreter.free_threaded ? "t" : "", answer.at("debug").get<bool>() ? "d" : "");
  const std::string soabi = answer.at("soabi").get<std::string>();
  const std::size_t first = soabi.find('-');
  if (first == std::string::npos) return soabi;
  std::string abi = soabi.substr(0, soabi.find('-', first + 1));
  abi[first] = '_';
  return abi;
}

std::string as_platform_tag(std::string platform) {
  for (char& character : platform)
    if (character == '-' || character == '.') character = '_';
  return platform;
}

void read_tags(const json& answer, Interpreter& interpreter) {
  pypackaging::TagEnvironment& tags = interpreter.tags;
  tags.implementation = interpreter.implementation;
  tags.version = {interpreter.major, interpreter.minor};
  tags.abi = abi_tag(answer, interpreter);
  tags.free_threaded = interpreter.free_threaded;
  tags.platform = as_platform_tag(plain_word(answer, "platform"));
  tags.glibc = two_numbers(answer.at("glibc"));
  tags.musl = two_numbers(answer.at("musl"));
  tags.has_hard_float = answer.at("has_hard_float").get<bool>();
  for (const json& opinion : answer.at("manylinux"))
    tags.manylinux_override[{whole_number<int>(opinion.at(0)), whole_number<int>(opinion.at(1))}] =
        opinion.at(2).get<bool>();
}

std::vector<std::string> absolute_paths(const json& list) {
  std::vector<std::string> paths;
  for (const json& entry : list)
    if (std::string path = entry.get<std::string>(); path.starts_with('/') && path.size() < PATH_MAX)
      paths.push_back(std::move(path));
  return paths;
}

Interpreter read_answer(const json& answer) {
  Interpreter interpreter;
  interpreter.path = absolute(answer, "base_executable");
  interpreter.found_as = absolute(answer, "executable");
  interpreter.implementation = plain_word(answer, "implementation");
  interpreter.version = plain_word(answer, "version");
  interpreter.major = whole_number<int>(answer.at("version_info").at(0));
  interpreter.minor = whole_number<int>(answer.at("version_info").at(1));
  if (interpreter.major < 0 || interpreter.major > 99 || interpreter.minor < 0 || interpreter.minor > 999)
    throw Error(ErrorKind::invalid_input, "its version is none");
  interpreter.base_prefix = absolute(answer, "base_prefix");
  interpreter.home = directory_of(interpreter.path);
  interpreter.cache_tag = plain_word(answer, "cache_tag");
  interpreter.site_path = relative_site(answer);
  interpreter.free_threaded = answer.at("free_threaded").get<bool>();
  interpreter.wheel_folders = absolute_paths(answer.value("wheel_folders", json::array()));
  for (const auto& [name, value] : answer.at("markers").items())
    interpreter.markers[name] = value.get<std::string>();
  read_tags(answer, interpreter);
  return interpreter;
}

json pair_or_null(const std::optional<std::pair<int, int>>& numbers) {
  return numbers ? json::array({numbers->first, numbers->second}) : json(nullptr);
}

json tags_as_json(const pypackaging::TagEnvironment& tags) {
  json opinions = json::array();
  for (const auto& [version, is_compatible] : tags.manylinux_override)
    opinions.push_back({version.first, version.second, is_compatible});
  return {{"abi", tags.abi},
          {"platform", tags.platform},
          {"glibc", pair_or_null(tags.glibc)},
          {"musl", pair_or_null(tags.musl)},
          {"manylinux", opinions},
          {"has_hard_float", tags.has_hard_float}};
}

Interpreter read_facts(const json& facts) {
  if (whole_number<int>(facts.at("facts")) != kFactsVersion)
    throw json::other_error::create(599, "other facts", nullptr);
  Interpreter interpreter;
  facts.at("path").get_to(interpreter.path);
  facts.at("found_as").get_to(interpreter.found_as);
  facts.at("implementation").get_to(interpreter.implementation);
  facts.at("version").get_to(interpreter.version);
  facts.at("major").get_to(interpreter.major);
  facts.at("minor").get_to(interpreter.minor);
  facts.at("base_prefix").get_to(interpreter.base_prefix);
  facts.at("home").get_to(interpreter.home);
  facts.at("cache_tag").get_to(interpreter.cache_tag);
  facts.at("site_path").get_to(interpreter.site_path);
  facts.at("free_threaded").get_to(interpreter.free_threaded);
  facts.at("wheel_folders").get_to(interpreter.wheel_folders);
  for (const auto& [name, value] : facts.at("markers").items())
    interpreter.markers[name] = value.get<std::string>();
  pypackaging::TagEnvironment& tags = interpreter.tags;
  const json& stored = facts.at("tags");
  tags.implementation = interpreter.implementation;
  tags.version = {interpreter.major, interpreter.minor};
  tags.free_threaded = interpreter.free_threaded;
  stored.at("abi").get_to(tags.abi);
  stored.at("platform").get_to(tags.platform);
  tags.glibc = two_numbers(stored.at("glibc"));
  tags.musl = two_numbers(stored.at("musl"));
  stored.at("has_hard_float").get_to(tags.has_hard_float);
  for (const json& opinion : stored.at("manylinux"))
    tags.manylinux_override[{whole_number<int>(opinion.at(0)), whole_number<int>(opinion.at(1))}] =
        opinion.at(2).get<bool>();
  return interpreter;
}

}  // namespace

/// Everything that determines whether compiled code and paths stay valid: the executable, its exact version
/// and ABI.
std::string Interpreter::identity() const {
  return json{{"path", path},    {"implementation", implementation}, {"version", version},
              {"abi", tags.abi}, {"cache_tag", cache_tag},           {"platform", tags.platform}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Interpreter::encode() const {
  return json{{"facts", kFactsVersion},
              {"path", path},
              {"found_as", found_as},
              {"implementation", implementation},
              {"version", version},
              {"major", major},
              {"minor", minor},
              {"base_prefix", base_prefix},
              {"home", home},
              {"cache_tag", cache_tag},
              {"site_path", site_path},
              {"free_threaded", free_threaded},
              {"markers", markers},
              {"tags", tags_as_json(tags)},
              {"wheel_folders", wheel_folders}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Interpreter Interpreter::decode(std::string_view text) {
  try {
    return read_facts(json::parse(text));
  } catch (const json::exception&) {
    throw Error(ErrorKind::damaged, "cannot read an interpreter's facts: they are not what was written");
  }
}

Interpreter Interpreter::from_probe(std::string_view probe_answer) {
  const std::size_t mark = probe_answer.rfind(kProbeMark);
  if (mark == std::string_view::npos)
    throw Error(ErrorKind::invalid_input, "it does not answer as Python would");
  std::string_view line = probe_answer.substr(mark + kProbeMark.size());
  line = line.substr(0, line.find('\n'));
  try {
    return read_answer(json::parse(line));
  } catch (const json::exception&) {
    throw Error(ErrorKind::invalid_input, "its answer to the probe is malformed");
  }
}

}  // namespace envstore

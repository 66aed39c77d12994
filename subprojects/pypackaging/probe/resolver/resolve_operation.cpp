#include "resolve_operation.h"

#include "described_source.h"
#include "pypackaging/name.h"

namespace pypackaging::probe {

namespace {

std::vector<Requirement> read_requirements(const Json& request, const char* name) {
  std::vector<Requirement> requirements;
  const Json items = field(request, name, Json::array());
  for (const Json& item : items) {
    const std::string text = item.get<std::string>();
    requirements.push_back(parsed(Requirement::parse(text), text));
  }
  return requirements;
}

PrereleaseMode read_mode(const Json& request) {
  static const std::map<std::string, PrereleaseMode> modes = {
      {"disallow", PrereleaseMode::disallow},
      {"allow", PrereleaseMode::allow},
      {"if-necessary", PrereleaseMode::if_necessary},
      {"explicit", PrereleaseMode::explicit_only},
      {"if-necessary-or-explicit", PrereleaseMode::if_necessary},
  };
  const Json text = field(request, "prereleases", "if-necessary");
  const auto found = modes.find(text.get<std::string>());
  if (found == modes.end()) throw Refused("unknown prerelease mode " + text.dump());
  return found->second;
}

Strategy read_strategy(const Json& request) {
  static const std::map<std::string, Strategy> strategies = {{"highest", Strategy::highest},
                                                             {"lowest", Strategy::lowest},
                                                             {"lowest-direct", Strategy::lowest_direct}};
  const Json text = field(request, "strategy", "highest");
  const auto found = strategies.find(text.get<std::string>());
  if (found == strategies.end()) throw Refused("unknown strategy " + text.dump());
  return found->second;
}

void read_environment(const Json& request, ResolveInput& input) {
  const Json environment = field(request, "environment", Json::object());
  for (const auto& [name, value] : environment.items()) input.environment[name] = value.get<std::string>();
  const auto python = input.environment.find("python_full_version");
  if (python != input.environment.end())
    input.python = parsed(Version::parse(python->second), python->second);
}

std::optional<TagPriority> read_tags(const Json& request) {
  const Json tags = field(request, "tags", nullptr);
  if (tags.is_null()) return std::nullopt;
  std::vector<Tag> supported;
  for (const Json& item : tags) {
    const std::string text = item.get<std::string>();
    for (Tag& tag : parsed(parse_tag(text), text)) supported.push_back(std::move(tag));
  }
  return TagPriority(std::move(supported));
}

ResolveInput read_input(const Json& request) {
  ResolveInput input;
  input.requirements = read_requirements(request, "requirements");
  input.constraints = read_requirements(request, "constraints");
  input.overrides = read_requirements(request, "overrides");
  const Json preferences = field(request, "preferences", Json::object());
  for (const auto& [name, version] : preferences.items()) {
    const std::string text = version.get<std::string>();
    input.preferences.emplace(parsed(parse_name(name), name), parsed(Version::parse(text), text));
  }
  read_environment(request, input);
  input.prereleases = read_mode(request);
  input.strategy = read_strategy(request);
  return input;
}

Json write_answer(const Resolution& resolution) {
  Json answer = {{"pins", Json::object()}, {"activated_extras", Json::object()}};
  for (const auto& [name, pin] : resolution.pins) {
    answer["pins"][name] = pin.version.canonical();
    if (!pin.extras.empty()) answer["activated_extras"][name] = pin.extras;
  }
  return answer;
}

}  // namespace

Json resolve_operation(const Json& request) {
  const ResolveInput input = read_input(request);
  const std::optional<TagPriority> tags = read_tags(request);
  DescribedSource source(field(request, "packages", Json::object()), tags ? &*tags : nullptr);
  const auto answer = resolve(input, source);
  if (const auto* resolution = std::get_if<Resolution>(&answer)) return write_answer(*resolution);
  return {{"ok", false}, {"kind", "conflict"}, {"explanation", std::get<Conflict>(answer).explanation}};
}

}  // namespace pypackaging::probe

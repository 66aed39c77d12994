#include "../operation.h"
#include "pypackaging/marker.h"
#include "pypackaging/name.h"
#include "pypackaging/requirement.h"
#include "pypackaging/specifier.h"
#include "pypackaging/version.h"

namespace pypackaging::probe {
namespace {

template <class T>
T accepted(Result<T> result) {
  if (!result) throw Refused(result.error().message);
  return *std::move(result);
}

std::string text_field(const Json& request, const char* name) {
  return request.at(name).get<std::string>();
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json version(const Json& request) {
  static constexpr const char* kKinds[] = {"a", "b", "rc"};
  const Version parsed = accepted(Version::parse(text_field(request, "text")));
  Json pre = nullptr;
  if (const auto part = parsed.pre()) pre = {kKinds[static_cast<int>(part->first)], part->second};
  return {{"canonical", parsed.canonical()},  {"epoch", parsed.epoch()},
          {"release", parsed.release()},      {"pre", pre},
          {"post", or_null(parsed.post())},   {"dev", or_null(parsed.dev())},
          {"local", or_null(parsed.local())}, {"public", parsed.public_version()},
          {"base", parsed.base_version()}};
}

Json compare(const Json& request) {
  const Version a = accepted(Version::parse(text_field(request, "a")));
  const Version b = accepted(Version::parse(text_field(request, "b")));
  const auto order = a <=> b;
  return {{"order", order < 0 ? -1 : order > 0 ? 1 : 0}};
}

Json specifier(const Json& request) {
  return {{"canonical", accepted(SpecifierSet::parse(text_field(request, "text"))).canonical()}};
}

Prereleases prereleases_field(const Json& request) {
  const auto found = request.find("prereleases");
  if (found == request.end() || found->is_null()) return Prereleases::by_default;
  return found->get<bool>() ? Prereleases::allow : Prereleases::exclude;
}

Json contains(const Json& request) {
  const auto set = accepted(SpecifierSet::parse(text_field(request, "specifier")));
  return {{"contains", set.contains_text(text_field(request, "version"), prereleases_field(request))}};
}

Json filter(const Json& request) {
  const auto set = accepted(SpecifierSet::parse(text_field(request, "specifier")));
  const auto versions = request.at("versions").get<std::vector<std::string>>();
  Json kept = Json::array();
  for (const std::size_t index : set.filter(versions, prereleases_field(request)))
    kept.push_back(versions[index]);
  return {{"versions", kept}};
}

Json requirement(const Json& request) {
  const auto parsed = accepted(Requirement::parse(text_field(request, "text")));
  return {{"name", parsed.name},
          {"extras", parsed.extras},
          {"specifier", parsed.specifier.canonical()},
          {"url", or_null(parsed.url)},
          {"marker", parsed.marker.empty() ? Json(nullptr) : Json(parsed.marker.canonical())},
          {"canonical", parsed.canonical()}};
}

std::set<std::string, std::less<>> names_field(const Json& request, const char* field) {
  std::set<std::string, std::less<>> names;
  for (const Json& name : request.value(field, Json::array()))
    names.insert(normalize_name(name.get<std::string>()));
  return names;
}

MarkerContext context_field(const Json& request) {
  const std::string context = request.value("context", "metadata");
  if (context == "metadata") return MarkerContext::metadata;
  if (context == "requirement") return MarkerContext::requirement;
  if (context == "lock_file") return MarkerContext::lock_file;
  throw Refused("unknown context '" + context + "'");
}

Json marker(const Json& request) {
  const Marker parsed = accepted(Marker::parse(text_field(request, "text")));
  Json answer = {{"canonical", parsed.canonical()}};
  const auto environment = request.find("environment");
  if (environment == request.end() || environment->is_null()) return answer;
  const auto variables = environment->get<MarkerEnvironment>();
  auto extras = names_field(request, "extras");
  if (const auto extra = variables.find("extra"); extra != variables.end())
    extras.insert(normalize_name(extra->second));
  const MarkerInputs inputs{variables, std::move(extras), names_field(request, "groups"),
                            context_field(request)};
  answer["value"] = accepted(parsed.evaluate(inputs));
  return answer;
}

Json name(const Json& request) {
  return {{"normalized", accepted(parse_name(text_field(request, "text")))}};
}

}  // namespace

void add_standards_operations(Operations& operations) {
  operations["version"] = version;
  operations["compare"] = compare;
  operations["specifier"] = specifier;
  operations["contains"] = contains;
  operations["filter"] = filter;
  operations["requirement"] = requirement;
  operations["marker"] = marker;
  operations["name"] = name;
}

}  // namespace pypackaging::probe

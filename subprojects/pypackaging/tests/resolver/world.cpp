#include "world.h"

#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace pypackaging::test {

namespace {

template <class T>
T valid(Result<T> result, const std::string& text) {
  if (!result) throw std::logic_error("the test is wrong: '" + text + "': " + result.error().message);
  return std::move(result.value());
}

Dependencies dependencies_of(const Release& release) {
  Dependencies dependencies;
  dependencies.requires_dist = requirements(release.needs);
  dependencies.provides_extra = release.extras;
  if (!release.python.empty())
    dependencies.requires_python = valid(SpecifierSet::parse(release.python), release.python);
  return dependencies;
}

}  // namespace

bool is_long_run() {
  const char* value = std::getenv("ENVSTORE_TEST_LONG");
  return value != nullptr && std::string_view(value) == "1";
}

Version version(const std::string& text) {
  return valid(Version::parse(text), text);
}

Requirement requirement(const std::string& text) {
  return valid(Requirement::parse(text), text);
}

std::vector<Requirement> requirements(const std::vector<std::string>& texts) {
  std::vector<Requirement> result;
  for (const std::string& text : texts) result.push_back(requirement(text));
  return result;
}

World& World::has(const std::string& name, std::vector<Release> releases) {
  PackageOffer& offer = offers_[name];
  offer.where = "the test index";
  for (const Release& release : releases) {
    const Version parsed = version(release.version);
    offer.versions.push_back(
        {parsed, release.usability, release.yanked, release.yanked_reason, release.detail, release.advice});
    dependencies_[{name, parsed.canonical()}] = dependencies_of(release);
    if (!release.unavailable.empty()) unavailable_[name + " " + parsed.canonical()] = release.unavailable;
  }
  auto& all = releases_[name];
  all.insert(all.end(), releases.begin(), releases.end());
  return *this;
}

World& World::lacks(const std::string& name, Absence absence, const std::string& where) {
  offers_[name] = {{}, absence, where};
  return *this;
}

World& World::serves(const std::string& name, const std::string& url, const Release& release) {
  direct_.emplace(name + " @ " + url, std::pair{version(release.version), dependencies_of(release)});
  return *this;
}

const PackageOffer& World::versions(const std::string& name) {
  log.push_back("versions " + name);
  const auto found = offers_.find(name);
  return found == offers_.end() ? nothing_ : found->second;
}

std::variant<Dependencies, Unavailable> World::dependencies(const std::string& name, const Version& asked) {
  log.push_back("dependencies " + name + " " + asked.canonical());
  const auto broken = unavailable_.find(name + " " + asked.canonical());
  if (broken != unavailable_.end()) return Unavailable{broken->second};
  return dependencies_.at({name, asked.canonical()});
}

std::variant<std::pair<Version, Dependencies>, Unavailable> World::direct(const std::string& name,
                                                                          const std::string& url) {
  log.push_back("direct " + name + " " + url);
  const auto found = direct_.find(name + " @ " + url);
  if (found == direct_.end()) return Unavailable{"404 Not Found"};
  return found->second;
}

ResolveInput question(const std::vector<std::string>& texts) {
  ResolveInput input;
  input.requirements = requirements(texts);
  input.environment = {{"python_version", "3.11"},         {"python_full_version", "3.11.2"},
                       {"sys_platform", "linux"},          {"os_name", "posix"},
                       {"platform_system", "Linux"},       {"platform_machine", "x86_64"},
                       {"implementation_name", "cpython"}, {"platform_python_implementation", "CPython"}};
  input.python = version("3.11.2");
  return input;
}

std::string ask(World& world, const ResolveInput& input) {
  const auto answer = resolve(input, world);
  if (const auto* conflict = std::get_if<Conflict>(&answer)) return conflict->explanation;
  std::string text;
  for (const auto& [name, pin] : std::get<Resolution>(answer).pins) {
    text += (text.empty() ? "" : ", ") + name;
    for (const std::string& extra : pin.extras) text += "[" + extra + "]";
    text += " " + pin.version.canonical();
    if (pin.url) text += " @ " + *pin.url;
  }
  return text;
}

std::string ask(World& world, const std::vector<std::string>& texts) {
  return ask(world, question(texts));
}

}  // namespace pypackaging::test

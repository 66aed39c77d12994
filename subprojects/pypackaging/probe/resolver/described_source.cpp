#include "described_source.h"

#include "pypackaging/filename.h"
#include "pypackaging/name.h"

namespace pypackaging::probe {

namespace {

bool fits(const Json& wheels, const TagPriority& tags) {
  for (const Json& wheel : wheels) {
    const std::string text = wheel.get<std::string>();
    if (tags.rank(parsed(parse_tag(text), text))) return true;
  }
  return false;
}

std::string other_wheels(const Json& wheels, bool has_sdist) {
  std::string detail;
  for (const Json& wheel : wheels)
    detail += (detail.empty() ? "wheels for " : ", ") + wheel.get<std::string>();
  if (has_sdist) detail += detail.empty() ? "a source distribution only" : "; it has a source distribution";
  return detail;
}

OfferedVersion read_offer(const std::string& text, const Json& fields, const TagPriority* tags) {
  OfferedVersion offered{parsed(Version::parse(text), text)};
  const Json yanked = field(fields, "yanked", false);
  offered.yanked = yanked.is_string() || (yanked.is_boolean() && yanked.get<bool>());
  if (yanked.is_string()) offered.yanked_reason = yanked.get<std::string>();
  const auto wheels = fields.find("wheels");
  const bool any_fits = wheels == fields.end() || wheels->is_null();
  if (tags != nullptr && !any_fits && !fits(*wheels, *tags)) {
    offered.usability = Usability::no_matching_wheel;
    offered.detail = other_wheels(*wheels, field(fields, "sdist", false).get<bool>());
  }
  return offered;
}

Dependencies read_dependencies(const Json& fields) {
  Dependencies dependencies;
  const Json needs = field(fields, "requires", Json::array());
  for (const Json& item : needs) {
    const std::string text = item.get<std::string>();
    dependencies.requires_dist.push_back(parsed(Requirement::parse(text), text));
  }
  const Json extras = field(fields, "extras", Json::array());
  for (const Json& extra : extras)
    dependencies.provides_extra.push_back(normalize_name(extra.get<std::string>()));
  const auto python = fields.find("requires_python");
  if (python != fields.end() && !python->is_null()) {
    const std::string text = python->get<std::string>();
    dependencies.requires_python = parsed(SpecifierSet::parse(text), text);
  }
  return dependencies;
}

}  // namespace

DescribedSource::DescribedSource(const Json& packages, const TagPriority* tags) {
  nowhere_.absence = Absence::not_found;
  nowhere_.where = "the index";
  for (const auto& [name, versions] : packages.items()) {
    Described& described = packages_[parsed(parse_name(name), name)];
    described.offer.where = nowhere_.where;
    for (const auto& [version, fields] : versions.items()) {
      described.offer.versions.push_back(read_offer(version, fields, tags));
      described.dependencies.push_back(read_dependencies(fields));
    }
  }
}

const PackageOffer& DescribedSource::versions(const std::string& name) {
  const auto found = packages_.find(name);
  return found == packages_.end() ? nowhere_ : found->second.offer;
}

std::variant<Dependencies, Unavailable> DescribedSource::dependencies(const std::string& name,
                                                                      const Version& version) {
  const auto found = packages_.find(name);
  if (found == packages_.end()) return Unavailable{"not described"};
  for (std::size_t index = 0; index < found->second.offer.versions.size(); ++index)
    if (found->second.offer.versions[index].version == version) return found->second.dependencies[index];
  return Unavailable{"not described"};
}

std::variant<std::pair<Version, Dependencies>, Unavailable> DescribedSource::direct(const std::string& name,
                                                                                    const std::string& url) {
  // The universe has no files behind URLs: a URL that ends in a wheel's name stands for the described
  // version.
  const std::string file =
      url.substr(url.rfind('/') + 1, url.find_first_of("#?", url.rfind('/') + 1) - url.rfind('/') - 1);
  const Result<WheelFilename> wheel = WheelFilename::parse(file);
  if (!wheel) return Unavailable{"the URL does not end in the name of a wheel"};
  auto found = dependencies(name, wheel->version);
  if (auto* known = std::get_if<Dependencies>(&found)) return std::pair{wheel->version, std::move(*known)};
  return Unavailable{"the index does not describe this version"};
}

}  // namespace pypackaging::probe

#include "python/settings/package_sources.h"

#include <algorithm>

#include "store/platform/error.h"

namespace envstore {
namespace {

using pypackaging::MarkerContext;
using pypackaging::Requirement;

constexpr const char* kHint = "--no-sources takes every package from the indexes";

bool holds(const pypackaging::Marker& marker, const pypackaging::MarkerEnvironment& environment) {
  const auto answer = marker.evaluate({environment, {}, {}, MarkerContext::requirement});
  return answer && *answer;
}

const IndexLocation& index_named(const PackageSource& source, const std::vector<IndexLocation>& named) {
  const auto found = std::find_if(named.begin(), named.end(),
                                  [&](const IndexLocation& index) { return index.name == source.value; });
  if (found == named.end())
    throw Error(
        ErrorKind::usage,
        "cannot take '" + source.name + "' from the index '" + source.value + "' (" + source.position +
            "): there is no index of that name",
        "declare it with [[tool.uv.index]] and its name and url, or give --index " + source.value + "=URL");
  return *found;
}

void apply(const PackageSource& source, Requirement& requirement, const std::vector<IndexLocation>& named,
           std::map<std::string, IndexLocation>& bound) {
  if (requirement.url)
    throw Error(ErrorKind::usage,
                "cannot install '" + source.name + "': it has an address of its own and a source (" +
                    source.position + ")",
                "keep one of the two");
  switch (source.kind) {
    case PackageSource::Kind::index:
      bound.insert_or_assign(source.name, index_named(source, named));
      return;
    case PackageSource::Kind::wheel:
      requirement.url = source.value;
      requirement.specifier = {};
      return;
    case PackageSource::Kind::unsupported:
      throw Error(ErrorKind::unsupported,
                  "cannot install '" + source.name + "' from " + source.value + " (" + source.position +
                      "): tool.uv.sources may name indexes and wheels only",
                  kHint);
  }
}

}  // namespace

SourcedRequirements apply_sources(std::vector<Requirement> requirements,
                                  const std::vector<PackageSource>& sources,
                                  const std::vector<IndexLocation>& named,
                                  const pypackaging::MarkerEnvironment& environment) {
  SourcedRequirements result;
  for (Requirement& requirement : requirements) {
    const auto counts = [&](const PackageSource& source) {
      return source.name == requirement.normalized_name && holds(source.marker, environment);
    };
    const auto source = std::find_if(sources.begin(), sources.end(), counts);
    if (source != sources.end() && holds(requirement.marker, environment))
      apply(*source, requirement, named, result.bound);
  }
  result.requirements = std::move(requirements);
  return result;
}

}  // namespace envstore

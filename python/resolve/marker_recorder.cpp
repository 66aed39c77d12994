#include "python/resolve/marker_recorder.h"

namespace envstore {

using pypackaging::Dependencies;
using pypackaging::Unavailable;

std::variant<Dependencies, Unavailable> MarkerRecorder::dependencies(const std::string& name,
                                                                     const Version& version) {
  auto answer = source_.dependencies(name, version);
  if (const auto* known = std::get_if<Dependencies>(&answer)) record(name, version, known->requires_dist);
  return answer;
}

std::variant<std::pair<MarkerRecorder::Version, Dependencies>, Unavailable> MarkerRecorder::direct(
    const std::string& name, const std::string& url) {
  auto answer = source_.direct(name, url);
  if (const auto* known = std::get_if<std::pair<Version, Dependencies>>(&answer))
    record(name, known->first, known->second.requires_dist);
  return answer;
}

const MarkerRecorder::Names& MarkerRecorder::variables(const std::string& name,
                                                       const Version& version) const {
  static const Names kNone;
  const auto found = variables_.find({name, version.canonical()});
  return found == variables_.end() ? kNone : found->second;
}

void MarkerRecorder::record(const std::string& name, const Version& version,
                            const std::vector<pypackaging::Requirement>& requirements) {
  Names names;
  for (const pypackaging::Requirement& requirement : requirements)
    if (!requirement.marker.empty()) names.merge(requirement.marker.variables());
  if (!names.empty()) variables_[{name, version.canonical()}] = std::move(names);
}

}  // namespace envstore

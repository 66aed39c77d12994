#include "python/resolve/resolve.h"

#include "python/resolve/marker_recorder.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

using pypackaging::Conflict;
using pypackaging::Requirement;
using pypackaging::Resolution;
using pypackaging::ResolveInput;
using pypackaging::Version;

std::vector<Requirement> exactly(const Pins& pins) {
  std::vector<Requirement> constraints;
  for (const auto& [name, version] : pins)
    if (auto requirement = Requirement::parse(name + "==" + version.canonical()))
      constraints.push_back(std::move(*requirement));
  return constraints;
}

ResolveInput input_of(const Layer& layer, const Interpreter& interpreter,
                      const PreferredVersions& preferred) {
  const ResolutionSettings& settings = layer.settings;
  ResolveInput input;
  input.requirements = layer.requirements;
  input.constraints = settings.constraints;
  input.constraints.insert(input.constraints.end(), settings.upgrade_packages.begin(),
                           settings.upgrade_packages.end());
  input.overrides = settings.overrides;
  input.preferences = preferred.below;
  input.preferences.insert(preferred.earlier.begin(), preferred.earlier.end());
  input.environment = interpreter.markers;
  input.python = python_version(interpreter);
  input.prereleases = settings.prereleases;
  input.package_prereleases = settings.package_prereleases;
  input.strategy = settings.strategy;
  input.without_dependencies = settings.without_dependencies;
  return input;
}

/// Warns of unexpected choices. A broken wheel is an error; no older version is used instead. A version with
/// unreadable metadata is skipped with a warning, as in pip and uv.
Resolution checked(Resolution resolution, Progress& progress) {
  for (const pypackaging::PassedOver& version : resolution.passed_over) {
    const std::string title = version.name + " " + version.version.canonical();
    if (version.is_broken)
      throw Error(ErrorKind::invalid_input, "cannot use " + title + ": " + version.reason,
                  "an older version is not taken in its place; to do without it, require " + version.name +
                      "!=" + version.version.canonical());
    progress.warning(title + " is passed over: " + version.reason);
  }
  for (const std::string& warning : resolution.warnings) progress.warning(warning);
  return resolution;
}

/// First with the versions of the layers below, then without them.
Resolution resolution_of(const ResolveInput& input, const Pins& below, pypackaging::PackageSource& source,
                         Progress& progress) {
  if (!below.empty()) {
    ResolveInput narrow = input;
    for (Requirement& constraint : exactly(below)) narrow.constraints.push_back(std::move(constraint));
    auto answer = pypackaging::resolve(narrow, source);
    if (auto* resolution = std::get_if<Resolution>(&answer)) return checked(std::move(*resolution), progress);
  }
  auto answer = pypackaging::resolve(input, source);
  if (auto* conflict = std::get_if<Conflict>(&answer))
    throw Error(ErrorKind::unresolvable,
                "cannot find versions that fit together:\n" +
                    (progress.is_verbose() ? conflict->full_explanation : conflict->explanation));
  auto& resolution = std::get<Resolution>(answer);
  for (const auto& [name, pin] : resolution.pins)
    if (const auto hidden = below.find(name); hidden != below.end() && hidden->second != pin.version)
      progress.warning(name + " " + pin.version.canonical() + " of --with hides " +
                       hidden->second.canonical() + " of the environment below");
  return checked(std::move(resolution), progress);
}

/// The values of the variables that the user's requirements and those of the pinned versions mention.
std::map<std::string, std::string> used_markers(const ResolveInput& input, const Resolution& resolution,
                                                const MarkerRecorder& recorder) {
  MarkerRecorder::Names names;
  for (const auto* list : {&input.requirements, &input.constraints, &input.overrides})
    for (const Requirement& requirement : *list) names.merge(requirement.marker.variables());
  for (const auto& [name, pin] : resolution.pins) {
    const auto& mentioned = recorder.variables(name, pin.version);
    names.insert(mentioned.begin(), mentioned.end());
  }
  std::map<std::string, std::string> values;
  for (const std::string& name : names)
    if (const auto value = input.environment.find(name); value != input.environment.end())
      values.emplace(*value);
  return values;
}

}  // namespace

pypackaging::Version python_version(const Interpreter& interpreter) {
  auto version = Version::parse(interpreter.version);
  // A development build's version may end in a bare plus (3.14.0a1+), which the version grammar does not
  // allow.
  if (!version && interpreter.version.ends_with('+'))
    version = Version::parse(interpreter.version.substr(0, interpreter.version.size() - 1));
  if (!version)
    throw Error(ErrorKind::unsupported, "cannot use '" + interpreter.path + "': its version '" +
                                            interpreter.version + "' is not one");
  return *version;
}

Lock resolve_layer(const Layer& layer, const Interpreter& interpreter, const PreferredVersions& preferred,
                   FileSource& source, Progress& progress) {
  const ResolveInput input = input_of(layer, interpreter, preferred);
  MarkerRecorder recorder(source);
  const Resolution resolution = resolution_of(input, preferred.below, recorder, progress);
  Lock lock{interpreter.identity(), used_markers(input, resolution, recorder), {}};
  for (const auto& [name, pin] : resolution.pins)
    lock.packages.push_back(
        {name, pin.version, pin.extras, source.file_of(name, pin), pin.dependencies, pin.url.has_value()});
  return lock;
}

}  // namespace envstore

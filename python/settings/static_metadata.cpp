#include "python/settings/static_metadata.h"

#include "pypackaging/name.h"
#include "store/platform/error.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

template <class Value>
Value checked(pypackaging::Result<Value> parsed, std::string_view written) {
  if (parsed) return std::move(*parsed);
  throw Error(ErrorKind::invalid_input, "'" + std::string(written) + "': " + parsed.error().message);
}

void take(StaticMetadata& metadata, std::string_view field, std::string_view value) {
  pypackaging::Dependencies& dependencies = metadata.dependencies;
  if (field == "Name")
    metadata.name = pypackaging::normalize_name(value);
  else if (field == "Version")
    metadata.version = checked(pypackaging::Version::parse(value), value);
  else if (field == "Requires-Dist")
    dependencies.requires_dist.push_back(checked(pypackaging::Requirement::parse(value), value));
  else if (field == "Requires-Python")
    dependencies.requires_python = checked(pypackaging::SpecifierSet::parse(value), value);
  else if (field == "Provides-Extra")
    dependencies.provides_extra.push_back(pypackaging::normalize_name(value));
  else
    throw Error(ErrorKind::invalid_input, "there is no field '" + std::string(field) + "'");
}

}  // namespace

std::string StaticMetadata::text() const {
  std::string text = "Name: " + name + "\n";
  if (version) text += "Version: " + version->canonical() + "\n";
  if (dependencies.requires_python)
    text += "Requires-Python: " + dependencies.requires_python->canonical() + "\n";
  for (const std::string& extra : dependencies.provides_extra) text += "Provides-Extra: " + extra + "\n";
  for (const pypackaging::Requirement& requirement : dependencies.requires_dist)
    text += "Requires-Dist: " + requirement.canonical() + "\n";
  return text;
}

StaticMetadata StaticMetadata::parse(std::string_view text) {
  StaticMetadata metadata;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos)
      take(metadata, line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  if (!pypackaging::is_valid_name(metadata.name))
    throw Error(ErrorKind::invalid_input, "'" + metadata.name + "' is not a valid project name");
  return metadata;
}

std::vector<StaticMetadata> StaticMetadata::parse_all(const std::vector<std::string>& texts) {
  std::vector<StaticMetadata> all;
  for (const std::string& text : texts) all.push_back(parse(text));
  return all;
}

const StaticMetadata* StaticMetadata::find(const std::vector<StaticMetadata>& all, const std::string& name,
                                           const pypackaging::Version& version) {
  const StaticMetadata* general = nullptr;
  for (const StaticMetadata& each : all) {
    if (each.name != name) continue;
    if (each.version == version) return &each;
    if (!each.version && general == nullptr) general = &each;
  }
  return general;
}

}  // namespace envstore

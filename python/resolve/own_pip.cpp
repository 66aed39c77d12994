#include "python/resolve/own_pip.h"

#include <fcntl.h>

#include <optional>

#include "pypackaging/version.h"
#include "python/settings/requirements_file.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

/// The version in `pip-23.0.1-py3-none-any.whl`.
std::optional<pypackaging::Version> pip_version(std::string_view filename) {
  constexpr std::string_view kBegin = "pip-", kEnd = "-py3-none-any.whl";
  if (!filename.starts_with(kBegin) || !filename.ends_with(kEnd)) return std::nullopt;
  filename.remove_prefix(kBegin.size());
  filename.remove_suffix(std::min(kEnd.size(), filename.size()));
  auto version = pypackaging::Version::parse(filename);
  return version ? std::optional(std::move(*version)) : std::nullopt;
}

std::vector<DirectoryEntry> entries_of(const std::string& folder) try {
  return list_directory(AT_FDCWD, folder);
} catch (const Error&) {
  return {};
}

std::optional<std::string> bundled_pip(const Interpreter& interpreter) {
  std::optional<pypackaging::Version> newest;
  std::optional<std::string> path;
  for (const std::string& folder : interpreter.wheel_folders)
    for (const DirectoryEntry& entry : entries_of(folder)) {
      auto version = pip_version(entry.name);
      if (!version || (newest && *version < *newest)) continue;
      newest = std::move(version);
      path = folder + (folder.ends_with('/') ? "" : "/") + entry.name;
    }
  return path;
}

}  // namespace

Layer own_pip_layer(const Interpreter& interpreter, ResolutionSettings settings) {
  Layer layer;
  layer.source = Layer::Source::own_pip;
  layer.label = "pip";
  layer.requirements.push_back(parse_user_requirement(bundled_pip(interpreter).value_or("pip"), "/"));
  layer.only_without = "pip";
  if (layer.requirements.front().url) settings.require_hashes = false;
  settings.constraint_files.clear();
  settings.override_files.clear();
  settings.constraints.clear();
  settings.build = {};
  settings.overrides.clear();
  settings.strategy = pypackaging::Strategy::highest;
  layer.settings = std::move(settings);
  return layer;
}

}  // namespace envstore

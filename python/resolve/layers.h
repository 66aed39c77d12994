#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "python/lock/lock.h"
#include "python/settings/resolution_settings.h"
#include "python/wheel/file_digest.h"
#include "store/index/rows.h"

namespace envstore {

/// One layer as it is requested: requirements, and the settings that apply to them.
struct Layer {
  enum class Source { script, with, lock_file, own_pip, build };  ///< build: the environment of one
  Source source = Source::script;
  std::string label;  ///< for messages
  std::vector<pypackaging::Requirement> requirements;
  /// Of a lock file: installed as it is, without a resolution. The layer then has no requirements.
  std::optional<Lock> locked = std::nullopt;
  RequiredHashes hashes;
  /// Wheels that are required by path, with their current state: a rewritten file makes a different layer.
  std::vector<WatchedPath> local_wheels;
  ResolutionSettings settings;
  /// Not empty: the layer is made last, and only if no other layer has this package.
  std::string only_without;
  bool operator==(const Layer&) const = default;
};

/// The layers of a run, top first, what else the run's result depends on, and what the user should know.
struct Layers {
  std::vector<Layer> layers;
  std::vector<WatchedPath> requirements_files;  ///< files that were read for the layers
  std::set<std::string> variables;              ///< environment variables that these files refer to
  std::vector<std::string> warnings = {};
  bool is_fetched = false;  ///< one of requirements_files was fetched: another run reads it again
  bool operator==(const Layers&) const = default;
};

/// The printed form: compact JSON, URLs without secrets.
std::string to_json(const Layers& layers);

}  // namespace envstore

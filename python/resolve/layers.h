#pragma once
#include <set>
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "python/settings/resolution_settings.h"
#include "python/wheel/file_digest.h"
#include "store/index/rows.h"

namespace envstore {

/// One layer as it is asked for: requirements, and the settings that apply to them.
struct Layer {
  enum class Source { script, with, own_pip };
  Source source = Source::script;
  std::string label;  ///< for messages
  std::vector<pypackaging::Requirement> requirements;
  RequiredHashes hashes;
  /// Wheels that are required by path, with their current state: a rewritten file makes a different layer.
  std::vector<WatchedPath> local_wheels;
  ResolutionSettings settings;
  /// Not empty: the layer is made last, and only if no other layer has this package.
  std::string only_without;
  bool operator==(const Layer&) const = default;
};

/// The layers of a run, top first, and what else the run's result depends on.
struct Layers {
  std::vector<Layer> layers;
  std::vector<WatchedPath> requirements_files;  ///< files that were read for the layers
  std::set<std::string> variables;              ///< environment variables that these files refer to
  bool operator==(const Layers&) const = default;
};

/// The printed form: compact JSON, URLs without secrets.
std::string to_json(const Layers& layers);

}  // namespace envstore

#pragma once
#include <map>
#include <string>
#include <vector>

#include "pypackaging/marker.h"
#include "pypackaging/requirement.h"
#include "python/index/index_client.h"

namespace envstore {

/// An entry of `tool.uv.sources`: the source of a package that the script requires.
struct PackageSource {
  enum class Kind { index, wheel, unsupported };
  std::string name;  ///< normalised
  Kind kind = Kind::unsupported;
  std::string value;           ///< index name, wheel URL, or description of the unsupported source
  pypackaging::Marker marker;  ///< the entry applies where the marker holds
  std::string position;        ///< for messages: "'demo.py': line 7, column 5"
  bool operator==(const PackageSource&) const = default;
};

struct SourcedRequirements {
  std::vector<pypackaging::Requirement> requirements;
  std::map<std::string, IndexLocation> bound;  ///< IndexSettings::bound
};

/// Applies the sources to the requirements: for each name, the first entry whose marker holds. Entries for
/// other names have no effect. Throws Error{unsupported} for an applicable entry that is not supported,
/// Error{usage} for one that contradicts a requirement or names an index that is not in `named`.
SourcedRequirements apply_sources(std::vector<pypackaging::Requirement> requirements,
                                  const std::vector<PackageSource>& sources,
                                  const std::vector<IndexLocation>& named,
                                  const pypackaging::MarkerEnvironment& environment);

}  // namespace envstore

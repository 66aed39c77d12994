#pragma once
#include <map>
#include <string>
#include <vector>

#include "pypackaging/marker.h"
#include "pypackaging/requirement.h"
#include "python/index/index_client.h"

namespace envstore {

/// An entry of `tool.uv.sources`: where a package that the script names is taken from.
struct PackageSource {
  enum class Kind { index, wheel, unsupported };
  std::string name;  ///< normalised
  Kind kind = Kind::unsupported;
  std::string value;           ///< an index's name, a wheel's address, or what it is that is not supported
  pypackaging::Marker marker;  ///< the entry counts where it holds
  std::string place;           ///< for messages: "'demo.py': line 7, column 5"
};

struct SourcedRequirements {
  std::vector<pypackaging::Requirement> requirements;
  std::map<std::string, IndexLocation> bound;  ///< IndexSettings::bound
};

/// The requirements as the sources have them: of each name the first entry whose marker holds counts. What is
/// not among the requirements changes nothing. Throws Error{unsupported} for an entry that counts and cannot
/// be honoured, Error{usage} for one that contradicts a requirement or names an index that is not in `named`.
SourcedRequirements apply_sources(std::vector<pypackaging::Requirement> requirements,
                                  const std::vector<PackageSource>& sources,
                                  const std::vector<IndexLocation>& named,
                                  const pypackaging::MarkerEnvironment& environment);

}  // namespace envstore

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/resolver.h"

namespace envstore {

/// Core metadata that a setting states (uv's dependency-metadata) and that replaces what the package's files
/// say, for one version or for all.
struct StaticMetadata {
  std::string name;  ///< normalised
  std::optional<pypackaging::Version> version;
  pypackaging::Dependencies dependencies;

  /// Lines as in METADATA, in canonical spelling: `Name: x`, `Requires-Dist: y>=1`.
  std::string text() const;
  /// Reads lines as in METADATA. Throws Error{invalid_input} with the reason alone.
  static StaticMetadata parse(std::string_view text);
  static std::vector<StaticMetadata> parse_all(const std::vector<std::string>& texts);
  /// As in uv: the first entry for the version, else the first for all versions; nullptr: none. It points
  /// into `all`.
  static const StaticMetadata* find(const std::vector<StaticMetadata>& all, const std::string& name,
                                    const pypackaging::Version& version);
  bool operator==(const StaticMetadata& other) const { return text() == other.text(); }
};

}  // namespace envstore

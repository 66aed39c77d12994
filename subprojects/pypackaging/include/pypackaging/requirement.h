#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/marker.h"
#include "pypackaging/result.h"
#include "pypackaging/specifier.h"

namespace pypackaging {

/// A dependency specifier (packaging.python.org "Dependency specifiers", PEP 508, extras by PEP 685).
struct Requirement {
  std::string name;                 ///< as written
  std::string normalized_name;      ///< PEP 503
  std::vector<std::string> extras;  ///< normalised, sorted, no repeats
  SpecifierSet specifier;           ///< empty with a URL
  std::optional<std::string> url;   ///< direct reference
  Marker marker;

  static Result<Requirement> parse(std::string_view text);
  std::string canonical() const;
  bool operator==(const Requirement&) const = default;
};

}  // namespace pypackaging

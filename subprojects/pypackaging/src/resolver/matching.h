#pragma once
#include "universe.h"

namespace pypackaging::resolver {

/// The candidates that a clause matches, found with few comparisons: offered versions are sorted, and outside
/// the neighbourhood of the clause's version every rule of the specification is constant or one interval.
VersionSet match_clause(const Package& package, const Specifier& clause);

}  // namespace pypackaging::resolver

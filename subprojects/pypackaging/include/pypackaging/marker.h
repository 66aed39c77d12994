#pragma once
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/result.h"

namespace pypackaging {

/// The environment markers' variables by name (`python_version`, `sys_platform`, ...): packaging.python.org
/// "Dependency specifiers", environment markers. `extra` is not in here: see MarkerContext.
using MarkerEnvironment = std::map<std::string, std::string, std::less<>>;

/// Where a marker stands decides what `extra`, `extras` and `dependency_groups` mean; a variable that the
/// context does not define is an error.
enum class MarkerContext {
  metadata,  ///< Requires-Dist: `extra` is each of the active extras in turn, or an empty string when there
             ///< is none
  requirement,  ///< a requirement that a user wrote: none of the three is defined
  lock_file,    ///< pylock.toml (PEP 751): `extras` and `dependency_groups` are sets, `extra` is not defined
};

struct MarkerInputs {
  const MarkerEnvironment& environment;
  std::set<std::string, std::less<>> extras = {};  ///< normalised
  std::set<std::string, std::less<>> groups = {};  ///< normalised
  MarkerContext context = MarkerContext::metadata;
};

/// A parsed marker. Immutable, cheap to copy. An empty marker is true.
class Marker {
 public:
  struct Node;

  Marker() = default;
  /// Refuses an empty text, an unknown variable, and parentheses nested more than 200 deep.
  static Result<Marker> parse(std::string_view text);
  bool empty() const { return root_ == nullptr; }
  /// Comparisons follow the rules of version specifiers where both sides are versions, Python's rules of
  /// strings elsewhere. What neither defines (`~=` between texts that are no versions, a literal with a
  /// literal) and a variable that the context or the environment does not define are errors, even in a part
  /// that the rest of the marker overrules.
  Result<bool> evaluate(const MarkerInputs& inputs) const;
  /// Present-day variable names, double quotes, names of extras normalised; the author's grouping is kept.
  std::string canonical() const;
  bool mentions_extra() const;
  /// False: with this extra alone active, metadata's marker has the value that it has without any.
  bool depends_on_extra(std::string_view normalized_extra) const;
  /// `this and other`
  Marker conjoin(const Marker& other) const;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace pypackaging

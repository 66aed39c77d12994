#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/result.h"

namespace pypackaging {

/// The variables of environment markers by name (`python_version`, `sys_platform`, ...): packaging.python.org
/// "Dependency specifiers", environment markers. `extra` is not among them: see MarkerContext.
using MarkerEnvironment = std::map<std::string, std::string, std::less<>>;

/// Where a marker occurs determines the meaning of `extra`, `extras` and `dependency_groups`; a variable that
/// the context does not define is an error.
enum class MarkerContext {
  metadata,     ///< Requires-Dist: `extra` is each active extra in turn, or empty if there is none
  requirement,  ///< a user's requirement: none of the three is defined
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
  /// Rejects an empty text, an unknown variable, and parentheses nested more than 200 deep.
  static Result<Marker> parse(std::string_view text);
  bool empty() const { return root_ == nullptr; }
  /// A variable that holds a version is compared by the rules of version specifiers if the other side is a
  /// version. Other values are equal or unequal and have no order. Undefined comparisons (`~=` or `===`
  /// between strings, a literal with a literal) and variables that the context or the environment does not
  /// define are errors, even in a part that does not affect the result.
  Result<bool> evaluate(const MarkerInputs& inputs) const;
  /// Current variable names, double quotes, normalised names of extras; the author's parentheses are kept.
  std::string canonical() const;
  bool mentions_extra() const;
  /// The current names of the variables that it reads, `extra` and the sets of lock files included.
  std::set<std::string, std::less<>> variables() const;
  /// Compares the canonical texts.
  bool operator==(const Marker& other) const;
  /// False: a marker in metadata has the same value with this extra alone as with none.
  bool depends_on_extra(std::string_view normalized_extra) const;
  /// `this and other`
  Marker conjoin(const Marker& other) const;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace pypackaging

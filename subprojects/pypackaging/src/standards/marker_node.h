#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/marker.h"
#include "pypackaging/specifier.h"

namespace pypackaging {

/// One side of a comparison: a variable's current name, or the text between quotes.
struct MarkerOperand {
  bool is_variable = false;
  std::string text;
};

/// `in`, `not in`, or an operator of the version specifiers.
struct MarkerOperator {
  enum class Kind { in, not_in, compare } kind = Kind::compare;
  Operator compare = Operator::equal;
};

struct Marker::Node {
  enum class Kind { comparison, all_of, any_of } kind = Kind::comparison;

  // all_of, any_of
  std::vector<std::shared_ptr<const Node>> children;
  bool is_grouped = false;  ///< was written in parentheses

  // comparison
  MarkerOperand left, right;
  MarkerOperator op;
  /// The comparison with a literal on the right as a parsed specifier; absent if the literal is not a
  /// version.
  std::optional<Specifier> specifier;

  bool mentions_extra = false;  ///< anywhere below
};

namespace marker_variable {
inline constexpr std::string_view extra = "extra", extras = "extras", groups = "dependency_groups";
/// True for a variable that holds a set of names (in lock files).
bool is_set(std::string_view name);
/// True for a variable that normally holds a version, even if some platforms give it other text.
bool is_version(std::string_view name);
/// The current name for a name as written (`os.name`), or an empty view for an unknown one.
std::string_view find(std::string_view written);
}  // namespace marker_variable

std::string_view marker_operator_text(MarkerOperator op);

}  // namespace pypackaging

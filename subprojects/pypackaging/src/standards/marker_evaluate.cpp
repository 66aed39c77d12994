#include "marker_node.h"
#include "quote.h"

namespace pypackaging {
namespace {

using Kind = Marker::Node::Kind;
using Names = std::set<std::string, std::less<>>;

ParseError undefined(std::string_view variable, MarkerContext context) {
  std::string message = "cannot evaluate marker: '" + std::string(variable) + "' is not defined ";
  switch (context) {
    case MarkerContext::metadata:
      message += "in the metadata of a package";
      break;
    case MarkerContext::requirement:
      message += "in a requirement that no package's metadata contains";
      break;
    case MarkerContext::lock_file:
      message += "in a lock file";
      break;
  }
  return {std::move(message), 0};
}

/// Evaluates for one value of `extra`.
class Evaluator {
 public:
  Evaluator(const MarkerInputs& inputs, std::string_view extra) : inputs_(inputs), extra_(extra) {}

  Result<bool> evaluate(const Marker::Node& node) const;

 private:
  Result<bool> evaluate_comparison(const Marker::Node& node) const;
  Result<bool> evaluate_membership(const Marker::Node& node) const;
  Result<std::string> value(const MarkerOperand& operand) const;

  const MarkerInputs& inputs_;
  std::string_view extra_;
};

/// Evaluates all parts, so that an error in one is reported whatever the values of the others are.
Result<bool> Evaluator::evaluate(const Marker::Node& node) const {
  if (node.kind == Kind::comparison) return evaluate_comparison(node);
  bool all = true, any = false;
  for (const auto& child : node.children) {
    const Result<bool> part = evaluate(*child);
    if (!part) return part;
    all = all && *part;
    any = any || *part;
  }
  return node.kind == Kind::all_of ? all : any;
}

Result<std::string> Evaluator::value(const MarkerOperand& operand) const {
  if (!operand.is_variable) return operand.text;
  if (operand.text == marker_variable::extra) {
    if (inputs_.context != MarkerContext::metadata) return undefined(operand.text, inputs_.context);
    return std::string(extra_);
  }
  const auto found = inputs_.environment.find(operand.text);
  if (found == inputs_.environment.end())
    return ParseError{"cannot evaluate marker: the environment does not define '" + operand.text + "'", 0};
  // The version of a Python built from a modified source tree ends in `+`: `3.13.0+`.
  if (operand.text == "python_full_version" && found->second.ends_with('+')) return found->second + "local";
  return found->second;
}

Result<bool> Evaluator::evaluate_membership(const Marker::Node& node) const {
  const std::string& set_name =
      node.right.is_variable && marker_variable::is_set(node.right.text) ? node.right.text : node.left.text;
  if (inputs_.context != MarkerContext::lock_file) return undefined(set_name, inputs_.context);
  if (node.op.kind == MarkerOperator::Kind::compare || node.left.is_variable)
    return ParseError{
        "cannot evaluate marker: '" + set_name + "' can only be asked as \"NAME\" in " + set_name, 0};
  const Names& names = set_name == marker_variable::extras ? inputs_.extras : inputs_.groups;
  return names.contains(node.left.text) == (node.op.kind == MarkerOperator::Kind::in);
}

/// Compares strings to which the rules of versions do not apply: they are equal or not, and have no order
/// ("Dependency specifiers", Environment markers, as implemented in `packaging` 26).
Result<bool> compare_texts(const std::string& left, Operator op, const std::string& right) {
  switch (op) {
    case Operator::equal:
    case Operator::less_equal:
    case Operator::greater_equal:
      return left == right;
    case Operator::not_equal:
      return left != right;
    case Operator::less:
    case Operator::greater:
      return false;
    case Operator::compatible:
    case Operator::arbitrary:
      break;
  }
  return ParseError{"cannot evaluate marker: " + quote(left) + " and " + quote(right) +
                        " cannot be compared with " + std::string(operator_text(op)),
                    0};
}

Result<bool> Evaluator::evaluate_comparison(const Marker::Node& node) const {
  for (const MarkerOperand* operand : {&node.left, &node.right})
    if (operand->is_variable && marker_variable::is_set(operand->text)) return evaluate_membership(node);
  if (!node.left.is_variable && !node.right.is_variable)
    return ParseError{"cannot evaluate marker: " + quote(node.left.text) +
                          " is compared with another text, not with a variable",
                      0};
  const Result<std::string> left = value(node.left);
  if (!left) return left.error();
  const Result<std::string> right = value(node.right);
  if (!right) return right.error();
  if (node.op.kind != MarkerOperator::Kind::compare)
    return (right->find(*left) != std::string::npos) == (node.op.kind == MarkerOperator::Kind::in);

  const MarkerOperand& variable = node.left.is_variable ? node.left : node.right;
  std::optional<Specifier> specifier = node.specifier;
  if (node.right.is_variable && variable.text != marker_variable::extra)
    if (auto made = Specifier::make(node.op.compare, *right)) specifier = *std::move(made);
  // The rules of versions apply to variables that hold versions; a value that is not a version does not
  // match.
  if (specifier && marker_variable::is_version(variable.text)) return specifier->matches_text(*left);
  return compare_texts(*left, node.op.compare, *right);
}

}  // namespace

Result<bool> Marker::evaluate(const MarkerInputs& inputs) const {
  if (!root_) return true;
  if (!root_->mentions_extra || inputs.context != MarkerContext::metadata || inputs.extras.empty())
    return Evaluator(inputs, {}).evaluate(*root_);
  for (const std::string& extra : inputs.extras) {
    const Result<bool> value = Evaluator(inputs, extra).evaluate(*root_);
    if (!value || *value) return value;
  }
  return false;
}

}  // namespace pypackaging

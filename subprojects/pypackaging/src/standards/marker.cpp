#include "pypackaging/marker.h"

#include <algorithm>

#include "marker_node.h"
#include "pypackaging/name.h"

namespace pypackaging {
namespace {

using Kind = Marker::Node::Kind;
using NodePointer = std::shared_ptr<const Marker::Node>;

void append_operand(std::string& text, const MarkerOperand& operand) {
  const char quote = operand.text.find('"') == std::string::npos ? '"' : '\'';
  if (!operand.is_variable) text += quote;
  text += operand.text;
  if (!operand.is_variable) text += quote;
}

void append_node(std::string& text, const Marker::Node& node);

/// A child keeps its parentheses, and an `or` below an `and` gets them.
void append_child(std::string& text, const Marker::Node& parent, const Marker::Node& child) {
  const bool parentheses = child.is_grouped || (child.kind == Kind::any_of && parent.kind == Kind::all_of);
  if (parentheses) text += '(';
  append_node(text, child);
  if (parentheses) text += ')';
}

void append_node(std::string& text, const Marker::Node& node) {
  if (node.kind == Kind::comparison) {
    append_operand(text, node.left);
    text.append(" ").append(marker_operator_text(node.op)).append(" ");
    append_operand(text, node.right);
    return;
  }
  for (const NodePointer& child : node.children) {
    if (&child != &node.children.front()) text += node.kind == Kind::all_of ? " and " : " or ";
    append_child(text, node, *child);
  }
}

bool is_extra(const MarkerOperand& operand) {
  return operand.is_variable && operand.text == marker_variable::extra;
}

bool depends_on_extra(const Marker::Node& node, std::string_view extra) {
  if (!node.mentions_extra) return false;
  if (node.kind != Kind::comparison)
    return std::any_of(node.children.begin(), node.children.end(),
                       [&](const NodePointer& child) { return depends_on_extra(*child, extra); });
  const MarkerOperand& other = is_extra(node.left) ? node.right : node.left;
  const bool is_equality = node.op.kind == MarkerOperator::Kind::compare &&
                           (node.op.compare == Operator::equal || node.op.compare == Operator::not_equal);
  // Without an extra the variable is an empty string.
  return !is_equality || other.is_variable || other.text.empty() || other.text == extra;
}

void add_variables(std::set<std::string, std::less<>>& names, const Marker::Node& node) {
  for (const MarkerOperand* operand : {&node.left, &node.right})
    if (operand->is_variable) names.insert(operand->text);
  for (const NodePointer& child : node.children) add_variables(names, *child);
}

}  // namespace

std::set<std::string, std::less<>> Marker::variables() const {
  std::set<std::string, std::less<>> names;
  if (root_) add_variables(names, *root_);
  return names;
}

bool Marker::operator==(const Marker& other) const {
  return root_ == other.root_ || canonical() == other.canonical();
}

bool Marker::depends_on_extra(std::string_view normalized_extra) const {
  return root_ && pypackaging::depends_on_extra(*root_, normalized_extra);
}

std::string Marker::canonical() const {
  std::string text;
  if (root_) append_node(text, *root_);
  return text;
}

bool Marker::mentions_extra() const {
  return root_ && root_->mentions_extra;
}

Marker Marker::conjoin(const Marker& other) const {
  if (!root_) return other;
  if (!other.root_) return *this;
  auto both = std::make_shared<Node>();
  both->kind = Kind::all_of;
  for (const NodePointer& part : {root_, other.root_}) {
    if (part->kind == Kind::all_of)
      both->children.insert(both->children.end(), part->children.begin(), part->children.end());
    else
      both->children.push_back(part);
    both->mentions_extra = both->mentions_extra || part->mentions_extra;
  }
  Marker marker;
  marker.root_ = std::move(both);
  return marker;
}

}  // namespace pypackaging

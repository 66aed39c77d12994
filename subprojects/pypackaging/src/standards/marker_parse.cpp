#include <algorithm>
#include <array>

#include "ascii.h"
#include "marker_node.h"
#include "pypackaging/name.h"
#include "quote.h"

namespace pypackaging {
namespace {

using NodePointer = std::shared_ptr<const Marker::Node>;
using Kind = Marker::Node::Kind;

/// Parentheses deeper than this are refused: evaluation and destruction recurse.
constexpr int kDeepest = 200;

constexpr std::array kComparisons = {Operator::arbitrary, Operator::equal,      Operator::compatible,
                                     Operator::not_equal, Operator::less_equal, Operator::greater_equal,
                                     Operator::less,      Operator::greater};

/// Recursive descent over the grammar of "Dependency specifiers": or, and, comparison or parentheses. Returns
/// null (or false) after an error, which is kept in `error_`.
class MarkerParser {
 public:
  explicit MarkerParser(std::string_view text) : text_(text) {}
  Result<NodePointer> parse();

 private:
  NodePointer parse_chain(Kind kind, std::string_view word);
  NodePointer parse_or() { return parse_chain(Kind::any_of, "or"); }
  NodePointer parse_and() { return parse_chain(Kind::all_of, "and"); }
  NodePointer parse_item();
  NodePointer parse_group();
  NodePointer parse_comparison();
  bool parse_operand(MarkerOperand& operand);
  bool parse_operator(MarkerOperator& op);
  void skip_space();
  std::string_view peek_word() const;
  bool take_word(std::string_view word);
  std::nullptr_t fail(std::string message);

  std::string_view text_;
  std::size_t position_ = 0;
  int depth_ = 0;
  std::optional<ParseError> error_;
};

bool is_word_character(char c) {
  return ascii::is_alphanumeric(c) || c == '_' || c == '.';
}

std::nullptr_t MarkerParser::fail(std::string message) {
  if (!error_) error_ = ParseError{"invalid marker " + quote(text_) + ": " + std::move(message), position_};
  return nullptr;
}

void MarkerParser::skip_space() {
  while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\t')) ++position_;
}

std::string_view MarkerParser::peek_word() const {
  std::size_t end = position_;
  while (end < text_.size() && is_word_character(text_[end])) ++end;
  return text_.substr(position_, end - position_);
}

bool MarkerParser::take_word(std::string_view word) {
  if (peek_word() != word) return false;
  position_ += word.size();
  return true;
}

Result<NodePointer> MarkerParser::parse() {
  NodePointer root = parse_or();
  if (root && position_ < text_.size()) root = fail("expected 'and', 'or' or the end");
  if (!root) return *error_;
  return root;
}

NodePointer MarkerParser::parse_chain(Kind kind, std::string_view word) {
  auto chain = std::make_shared<Marker::Node>();
  chain->kind = kind;
  do {
    NodePointer child = kind == Kind::any_of ? parse_and() : parse_item();
    if (!child) return nullptr;
    chain->mentions_extra = chain->mentions_extra || child->mentions_extra;
    chain->children.push_back(std::move(child));
    skip_space();
  } while (take_word(word));
  return chain->children.size() == 1 ? chain->children.front() : chain;
}

NodePointer MarkerParser::parse_item() {
  skip_space();
  return position_ < text_.size() && text_[position_] == '(' ? parse_group() : parse_comparison();
}

NodePointer MarkerParser::parse_group() {
  if (++depth_ > kDeepest) return fail("too many parentheses");
  ++position_;
  NodePointer inner = parse_or();
  if (!inner) return nullptr;
  if (position_ == text_.size() || text_[position_] != ')') return fail("expected 'and', 'or' or ')'");
  ++position_;
  --depth_;
  if (inner->kind == Kind::comparison || inner->is_grouped) return inner;
  auto group = std::make_shared<Marker::Node>(*inner);
  group->is_grouped = true;
  return group;
}

/// A literal that is compared with `extra`, or searched for in `extras` or `dependency_groups`, is a name,
/// too (PEP 685, 735).
void normalize_names(Marker::Node& comparison) {
  MarkerOperand& left = comparison.left;
  MarkerOperand& right = comparison.right;
  if (left.is_variable && left.text == marker_variable::extra && !right.is_variable)
    right.text = normalize_name(right.text);
  if (!left.is_variable && right.is_variable &&
      (right.text == marker_variable::extra || marker_variable::is_set(right.text)))
    left.text = normalize_name(left.text);
}

void prepare_specifier(Marker::Node& comparison) {
  if (comparison.op.kind != MarkerOperator::Kind::compare || comparison.right.is_variable ||
      comparison.left.text == marker_variable::extra)
    return;
  if (auto specifier = Specifier::make(comparison.op.compare, comparison.right.text))
    comparison.specifier = *std::move(specifier);
}

NodePointer MarkerParser::parse_comparison() {
  auto node = std::make_shared<Marker::Node>();
  if (!parse_operand(node->left) || !parse_operator(node->op) || !parse_operand(node->right)) return nullptr;
  for (const MarkerOperand* operand : {&node->left, &node->right})
    if (operand->is_variable && operand->text == marker_variable::extra) node->mentions_extra = true;
  normalize_names(*node);
  prepare_specifier(*node);
  return node;
}

bool MarkerParser::parse_operand(MarkerOperand& operand) {
  skip_space();
  if (position_ < text_.size() && (text_[position_] == '"' || text_[position_] == '\'')) {
    const std::size_t end = text_.find(text_[position_], position_ + 1);
    if (end == std::string_view::npos) return fail("the quote is not closed"), false;
    operand.text = text_.substr(position_ + 1, end - position_ - 1);
    position_ = end + 1;
    return true;
  }
  const std::string_view word = peek_word();
  const std::string_view variable = marker_variable::find(word);
  if (variable.empty()) {
    if (word.empty()) return fail("expected a variable or a text in quotes"), false;
    return fail("unknown variable " + quote(word)), false;
  }
  operand = {true, std::string(variable)};
  position_ += word.size();
  return true;
}

bool MarkerParser::parse_operator(MarkerOperator& op) {
  skip_space();
  if (take_word("in")) {
    op.kind = MarkerOperator::Kind::in;
    return true;
  }
  if (take_word("not")) {
    skip_space();
    op.kind = MarkerOperator::Kind::not_in;
    return take_word("in") || (fail("expected 'in' after 'not'"), false);
  }
  for (const Operator comparison : kComparisons) {
    if (!text_.substr(position_).starts_with(operator_text(comparison))) continue;
    op.compare = comparison;
    position_ += operator_text(comparison).size();
    return true;
  }
  fail("expected one of <= < != == >= > ~= === in, not in");
  return false;
}

}  // namespace

Result<Marker> Marker::parse(std::string_view text) {
  auto root = MarkerParser(text).parse();
  if (!root) return root.error();
  Marker marker;
  marker.root_ = *std::move(root);
  return marker;
}

}  // namespace pypackaging

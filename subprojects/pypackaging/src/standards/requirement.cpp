#include "pypackaging/requirement.h"

#include <algorithm>

#include "ascii.h"
#include "pypackaging/name.h"
#include "quote.h"

namespace pypackaging {
namespace {

bool is_name_character(char c) {
  return ascii::is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

/// Reads `name [extras] (specifiers | @ url) ; marker` from left to right. Steps return false after an error.
class RequirementParser {
 public:
  explicit RequirementParser(std::string_view text) : text_(text) {}
  Result<Requirement> parse();

 private:
  bool parse_name();
  bool parse_extras();
  bool parse_url();
  bool parse_specifiers();
  bool parse_marker();
  bool parse_details();
  std::string_view read_name();
  bool at_end() const { return position_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[position_]; }
  void skip_space();
  bool fail(std::string_view message);
  bool fail_inside(const ParseError& error, std::size_t offset);

  std::string_view text_;
  std::size_t position_ = 0;
  Requirement requirement_;
  ParseError error_;
};

bool RequirementParser::fail(std::string_view message) {
  return fail_inside(ParseError{std::string(message), 0}, position_);
}

bool RequirementParser::fail_inside(const ParseError& error, std::size_t offset) {
  error_ = {"invalid requirement " + quote(text_) + ": " + error.message, error.position + offset};
  return false;
}

void RequirementParser::skip_space() {
  while (peek() == ' ' || peek() == '\t') ++position_;
}

/// Reads the longest name at the position, without separators at its end.
std::string_view RequirementParser::read_name() {
  std::size_t end = position_;
  while (end < text_.size() && is_name_character(text_[end])) ++end;
  while (end > position_ && !ascii::is_alphanumeric(text_[end - 1])) --end;
  const std::string_view name = text_.substr(position_, end - position_);
  if (!is_valid_name(name)) return {};
  position_ = end;
  return name;
}

bool RequirementParser::parse_name() {
  skip_space();
  const std::string_view name = read_name();
  if (name.empty()) return fail("expected a package's name");
  requirement_.name = name;
  requirement_.normalized_name = normalize_name(name);
  return true;
}

bool RequirementParser::parse_extras() {
  skip_space();
  if (peek() != '[') return true;
  ++position_;
  skip_space();
  while (peek() != ']') {
    if (!requirement_.extras.empty()) {
      if (peek() != ',') return fail("expected ',' or ']'");
      ++position_;
      skip_space();
    }
    const std::string_view extra = read_name();
    if (extra.empty()) return fail("expected an extra's name");
    requirement_.extras.push_back(normalize_name(extra));
    skip_space();
  }
  ++position_;
  auto& extras = requirement_.extras;
  std::sort(extras.begin(), extras.end());
  extras.erase(std::unique(extras.begin(), extras.end()), extras.end());
  skip_space();
  return true;
}

/// A URL ends at white space; any other character, even `;`, belongs to it.
bool RequirementParser::parse_url() {
  ++position_;
  skip_space();
  const std::size_t end = std::min(text_.find_first_of(" \t", position_), text_.size());
  if (end == position_) return fail("expected a URL after '@'");
  requirement_.url = text_.substr(position_, end - position_);
  position_ = end;
  skip_space();
  return at_end() || peek() == ';' || fail("expected ';' or the end after the URL");
}

bool RequirementParser::parse_specifiers() {
  const bool parentheses = peek() == '(';
  if (parentheses) ++position_;
  const std::size_t start = position_;
  const std::size_t end = std::min(text_.find_first_of(parentheses ? ")" : ";", start), text_.size());
  const std::string_view clauses = text_.substr(start, end - start);
  if (parentheses && end == text_.size()) return fail("the parenthesis is not closed");

  auto specifier = SpecifierSet::parse(clauses);
  if (!specifier) return fail_inside(specifier.error(), start);
  // A trailing comma is common and accepted; an empty clause before a comma is not.
  for (std::size_t comma = clauses.find(','), clause = 0; comma != std::string_view::npos;
       clause = comma + 1, comma = clauses.find(',', clause))
    if (ascii::trim(clauses.substr(clause, comma - clause)).empty())
      return fail_inside({"expected a specifier before ','", comma}, start);
  requirement_.specifier = *std::move(specifier);
  position_ = parentheses ? end + 1 : end;
  skip_space();
  return at_end() || peek() == ';' || fail("expected ';' or the end after the version specifiers");
}

bool RequirementParser::parse_marker() {
  ++position_;
  auto marker = Marker::parse(text_.substr(position_));
  if (!marker) return fail_inside(marker.error(), position_);
  requirement_.marker = *std::move(marker);
  return true;
}

bool RequirementParser::parse_details() {
  static constexpr std::string_view kOperatorStart = "(<>=!~";
  if (at_end() || peek() == ';') return true;
  if (peek() == '@') return parse_url();
  if (kOperatorStart.find(peek()) != std::string_view::npos) return parse_specifiers();
  return fail("expected a version specifier, '@', ';' or the end after the name");
}

Result<Requirement> RequirementParser::parse() {
  if (parse_name() && parse_extras() && parse_details() && (at_end() || parse_marker()))
    return std::move(requirement_);
  return std::move(error_);
}

}  // namespace

Result<Requirement> Requirement::parse(std::string_view text) {
  return RequirementParser(text).parse();
}

std::string Requirement::canonical() const {
  std::string text = normalized_name;
  for (std::size_t i = 0; i < extras.size(); ++i) text.append(1, i == 0 ? '[' : ',').append(extras[i]);
  if (!extras.empty()) text += ']';
  text += specifier.canonical();
  if (url) text.append(" @ ").append(*url);
  if (!marker.empty()) text.append(url ? " ; " : "; ").append(marker.canonical());
  return text;
}

}  // namespace pypackaging

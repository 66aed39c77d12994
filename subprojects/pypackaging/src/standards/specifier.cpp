#include "pypackaging/specifier.h"

#include <array>

#include "ascii.h"
#include "quote.h"

namespace pypackaging {
namespace {

struct Spelling {
  std::string_view text;
  Operator op;
};

/// Longer operators precede those that are their prefixes.
constexpr std::array kOperators = {
    Spelling{"===", Operator::arbitrary}, Spelling{"~=", Operator::compatible},
    Spelling{"==", Operator::equal},      Spelling{"!=", Operator::not_equal},
    Spelling{"<=", Operator::less_equal}, Spelling{">=", Operator::greater_equal},
    Spelling{"<", Operator::less},        Spelling{">", Operator::greater},
};

ParseError invalid(Operator op, std::string_view text, std::string_view reason, std::size_t position) {
  std::string message = "invalid specifier " + quote(std::string(operator_text(op)).append(text)) + ": ";
  message += reason;
  return {std::move(message), position};
}

std::size_t first_space(std::string_view text) {
  std::size_t position = 0;
  while (position < text.size() && !ascii::is_space(text[position])) ++position;
  return position;
}

bool takes_local_and_prefix(Operator op) {
  return op == Operator::equal || op == Operator::not_equal;
}

/// Why the operator does not accept a valid version; nullptr if it does.
const char* fault(Operator op, bool prefix, const Version& version) {
  if (version.has_local() && !takes_local_and_prefix(op)) return "only == and != take a local version";
  if (prefix && !takes_local_and_prefix(op)) return "only == and != take a trailing .*";
  if (prefix && (version.is_prerelease() || version.is_postrelease() || version.has_local()))
    return "a trailing .* follows release numbers only";
  if (op == Operator::compatible && version.release_size() < 2)
    return "~= needs at least two release numbers";
  return nullptr;
}

}  // namespace

std::string_view operator_text(Operator op) {
  for (const Spelling& spelling : kOperators)
    if (spelling.op == op) return spelling.text;
  return {};
}

Result<Specifier> Specifier::parse(std::string_view text) {
  const std::string_view clause = ascii::trim(text);
  const auto offset = static_cast<std::size_t>(clause.data() - text.data());
  for (const Spelling& spelling : kOperators) {
    if (!clause.starts_with(spelling.text)) continue;
    auto result = make(spelling.op, clause.substr(spelling.text.size()));
    if (result) return result;
    return ParseError{result.error().message, result.error().position + offset + spelling.text.size()};
  }
  return ParseError{"invalid specifier " + quote(clause) + ": expected one of ~= == != <= >= < > ===",
                    offset};
}

Result<Specifier> Specifier::make(Operator op, std::string_view version_text) {
  const std::string_view text = ascii::trim(version_text);
  const auto offset = static_cast<std::size_t>(text.data() - version_text.data());
  if (text.empty()) return invalid(op, text, "expected a version", offset);
  if (const std::size_t space = first_space(text); space < text.size())
    return invalid(op, text, "white space within the version", offset + space);

  Specifier result;
  result.op_ = op;
  result.text_ = text;
  if (op == Operator::arbitrary) {
    if (const std::size_t stop = text.find_first_of(",;)"); stop != std::string_view::npos)
      return invalid(op, text, "',', ';' and ')' cannot be compared with ===", offset + stop);
    if (auto version = Version::parse(text)) result.version_ = *std::move(version);
    return result;
  }
  result.prefix_ = text.ends_with(".*");
  auto version = Version::parse(result.prefix_ ? text.substr(0, text.size() - 2) : text);
  if (!version) return invalid(op, text, version.error().message, offset + version.error().position);
  if (const char* reason = fault(op, result.prefix_, *version)) return invalid(op, text, reason, offset);
  result.version_ = *std::move(version);
  return result;
}

std::string Specifier::canonical() const {
  std::string text(operator_text(op_));
  if (op_ == Operator::arbitrary) return text + text_;
  text += version_->canonical();
  if (prefix_) text += ".*";
  return text;
}

bool Specifier::matches(const Version& version) const {
  if (op_ == Operator::arbitrary) return ascii::equal_ignoring_case(version.canonical(), text_);
  const Version& mine = *version_;
  switch (op_) {
    case Operator::compatible:
      return version.compare_public(mine) >= 0 && version.has_release_prefix(mine, mine.release_size() - 1);
    case Operator::equal:
      return equals(version);
    case Operator::not_equal:
      return !equals(version);
    case Operator::less_equal:
      return version.compare_public(mine) <= 0;
    case Operator::greater_equal:
      return version.compare_public(mine) >= 0;
    case Operator::less:
      return version.compare_public(mine) < 0 && !version.is_prerelease_of(mine);
    case Operator::greater:
      return version.compare_public(mine) > 0 && !version.is_postrelease_of(mine);
    case Operator::arbitrary:
      break;
  }
  return false;
}

bool Specifier::equals(const Version& version) const {
  if (prefix_) return version.has_release_prefix(*version_, version_->release_size());
  return version_->has_local() ? version == *version_ : version.compare_public(*version_) == 0;
}

bool Specifier::matches_text(std::string_view version_text) const {
  if (op_ == Operator::arbitrary) return ascii::equal_ignoring_case(ascii::trim(version_text), text_);
  const auto version = Version::parse(version_text);
  return version && matches(*version);
}

bool Specifier::mentions_prerelease() const {
  return op_ != Operator::not_equal && version_ && version_->is_prerelease();
}

}  // namespace pypackaging

#include "license_expression.h"

#include <algorithm>

#include "../standards/ascii.h"
#include "../standards/quote.h"

namespace pypackaging {
namespace {

/// A parenthesis is a token; other tokens end at white space or a parenthesis.
std::string_view next_token(std::string_view& rest) {
  rest = ascii::trim(rest);
  if (rest.empty()) return {};
  const std::size_t length =
      rest[0] == '(' || rest[0] == ')' ? 1 : std::min(rest.find_first_of("() \t\r\n\f\v"), rest.size());
  const std::string_view token = rest.substr(0, length);
  rest.remove_prefix(length);
  return token;
}

bool is_word(std::string_view token, std::string_view word) {
  return ascii::equal_ignoring_case(token, word);
}

/// True for identifiers such as `MIT`, `GPL-2.0+`, `LicenseRef-Own`.
bool is_identifier(std::string_view token) {
  if (token.ends_with('+')) token.remove_suffix(1);
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
    return ascii::is_alphanumeric(c) || c == '-' || c == '.';
  });
}

enum class Expect { operand, operation, exception };

}  // namespace

std::optional<std::string> fault_of_license_expression(std::string_view expression) {
  Expect expect = Expect::operand;
  std::size_t depth = 0;
  bool may_take_exception = false;
  std::string_view rest = expression;
  for (std::string_view token = next_token(rest); !token.empty(); token = next_token(rest)) {
    const bool is_operator = is_word(token, "and") || is_word(token, "or");
    const bool is_with = is_word(token, "with");
    if (expect == Expect::operation && token == ")" && depth > 0) {
      --depth;
      may_take_exception = false;
    } else if (expect == Expect::operation && (is_operator || (is_with && may_take_exception))) {
      expect = is_with ? Expect::exception : Expect::operand;
    } else if (expect == Expect::operand && token == "(") {
      ++depth;
    } else if (expect != Expect::operation && !is_operator && !is_with && is_identifier(token)) {
      may_take_exception = expect == Expect::operand;
      expect = Expect::operation;
    } else {
      return quote(expression) + " is not an SPDX license expression: " + quote(token) + " is misplaced";
    }
  }
  if (expect != Expect::operation || depth > 0)
    return quote(expression) + " is not an SPDX license expression: it ends too early";
  return std::nullopt;
}

}  // namespace pypackaging

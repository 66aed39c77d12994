#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

namespace pypackaging {

/// Why a text was rejected. `position` is the byte offset of the error in the text.
struct ParseError {
  std::string message;
  std::size_t position = 0;
  bool operator==(const ParseError&) const = default;
};

/// A value or a ParseError. Every parser of this library returns one, and none throws on invalid input.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}           // NOLINT: implicit on purpose
  Result(ParseError error) : state_(std::move(error)) {}  // NOLINT: implicit on purpose

  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const ParseError& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, ParseError> state_;
};

}  // namespace pypackaging

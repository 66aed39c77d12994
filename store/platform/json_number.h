#pragma once
#include <concepts>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

namespace envstore {

/// The value as a Number. Throws nlohmann::json::type_error if it is not an integer or does not fit. The
/// library's own `get` converts 1e37 to an int, which is undefined behaviour.
template <std::integral Number>
Number whole_number(const nlohmann::json& value) {
  if (value.is_number_unsigned()) {
    if (const auto number = value.get<std::uint64_t>(); std::in_range<Number>(number))
      return static_cast<Number>(number);
  } else if (value.is_number_integer()) {
    if (const auto number = value.get<std::int64_t>(); std::in_range<Number>(number))
      return static_cast<Number>(number);
  }
  throw nlohmann::json::type_error::create(302, "it is no whole number of a size that can be", &value);
}

}  // namespace envstore

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envstore {

/// Damerau-Levenshtein distance (optimal string alignment): each insertion, deletion, substitution and swap
/// of adjacent characters costs one.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known`, if it is within about a third of the length of `written`. Among equally near words
/// the one with the longest common prefix, then the first.
std::optional<std::string> nearest_word(std::string_view written, const std::vector<std::string>& known);

}  // namespace envstore

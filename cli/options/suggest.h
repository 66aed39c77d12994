#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envstore {

/// Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions, and swaps
/// of neighbours count one each.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known`, when it is near enough to be what was meant; of equally near ones that with the
/// longest common beginning, then the first.
std::optional<std::string> nearest_word(std::string_view written, const std::vector<std::string>& known);

}  // namespace envstore

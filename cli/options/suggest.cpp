#include "cli/options/suggest.h"

#include <algorithm>

namespace envstore {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

namespace {

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view written, const std::vector<std::string>& known) {
  constexpr std::size_t kLongest = 64;
  if (written.size() > kLongest) return std::nullopt;
  std::size_t best = std::max<std::size_t>(1, written.size() / 3) + 1;
  std::optional<std::string> nearest;
  for (const std::string& word : known) {
    const std::size_t distance = edit_distance(written, word);
    const bool is_nearer =
        distance < best ||
        (nearest && distance == best && common_prefix(written, word) > common_prefix(written, *nearest));
    if (!is_nearer) continue;
    best = distance;
    nearest = word;
  }
  return nearest;
}

}  // namespace envstore

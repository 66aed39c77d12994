#include <algorithm>

#include "cli/output/embedded_pages.h"
#include "cli/output/phrases.h"
#include "cli/output/treemap.h"
#include "cli/output/usage_report.h"
#include "gc/collect/policy.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr double kWidth = 1200, kHeight = 560;
constexpr std::size_t kTiles = 300;  // more would be too small to point at

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else if (c == '\'')
      safe += "&#39;";
    else
      safe += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return safe;
}

struct Tile {
  std::string title, target;
  std::uint64_t bytes;
};

/// One tile for each of the largest packages, by own bytes; one tile each for the smaller packages together,
/// for shared bytes and for leftovers. The tiles add up to the whole store.
std::vector<Tile> tiles_of(const Census& census, const Usage& usage) {
  std::vector<Tile> tiles;
  std::uint64_t small = 0;
  for (const PackageUse& use : usage.packages) {
    if (use.own_bytes == 0) break;
    if (tiles.size() < kTiles)
      tiles.push_back({title_of(census.trees[use.tree]), format_text("p{}", use.tree), use.own_bytes});
    else
      small += use.own_bytes;
  }
  if (small > 0) tiles.push_back({"smaller packages", "packages", small});
  if (usage.shared_bytes > 0) tiles.push_back({"shared by several packages", "packages", usage.shared_bytes});
  if (usage.unnamed_bytes > 0) tiles.push_back({"left over: gc removes it", "packages", usage.unnamed_bytes});
  std::stable_sort(tiles.begin(), tiles.end(),
                   [](const Tile& a, const Tile& b) { return a.bytes > b.bytes; });
  return tiles;
}

std::string map_of(const Census& census, const Usage& usage) {
  const std::vector<Tile> tiles = tiles_of(census, usage);
  if (tiles.empty()) return "<p>The store is empty.</p>\n";
  std::vector<double> weights;
  for (const Tile& tile : tiles) weights.push_back(static_cast<double>(tile.bytes));
  const std::vector<Rectangle> places = treemap(weights, {0, 0, kWidth, kHeight});
  std::string html = "<nav class=\"map\" aria-label=\"Packages by size; each leads to its row\">\n";
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Rectangle& place = places[i];
    const std::string title = format_text("{}: {}", escaped(tiles[i].title), print_bytes(tiles[i].bytes));
    // Hues advance by the golden angle (137 degrees): neighbours get distinct colours.
    html += format_text(
        "<a href=\"#{}\" title=\"{}\" aria-label=\"{}\" style=\"left:{:.3f}%;top:{:.3f}%;width:{:.3f}%;"
        "height:{:.3f}%;background:hsl({} 55% 74%)\">{}</a>\n",
        tiles[i].target, title, title, place.left / kWidth * 100, place.top / kHeight * 100,
        place.width / kWidth * 100, place.height / kHeight * 100, i * 137 % 360, title);
  }
  return html + "</nav>\n";
}

std::string cell(std::uint64_t bytes) {
  return format_text("<td class=\"n\" data-n=\"{}\">{}</td>", bytes, print_bytes(bytes));
}
std::string count_cell(std::size_t count) {
  return format_text("<td class=\"n\" data-n=\"{}\">{}</td>", count, count);
}

/// The start of a table. The first `words` columns hold text, the others numbers.
std::string head_of(const char* id, const char* title, std::size_t words,
                    std::initializer_list<const char*> columns) {
  std::string html = format_text("<h2 id=\"{}\">{}</h2>\n<div class=\"wide\"><table><thead><tr>", id, title);
  for (const char* column : columns) {
    html += format_text("<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
                        words == 0 ? " class=\"n\"" : "", column);
    if (words > 0) --words;
  }
  return html + "</tr></thead><tbody>\n";
}

std::string packages_of(const Census& census, const Usage& usage) {
  std::string html = head_of("packages", "Packages", 1, {"Package", "Own", "Shared", "Files", "Snapshots"});
  for (const PackageUse& use : usage.packages)
    html += format_text("<tr id=\"p{}\"><td>{}</td>{}{}{}{}</tr>\n", use.tree,
                        escaped(title_of(census.trees[use.tree])), cell(use.own_bytes),
                        cell(use.shared_bytes), count_cell(use.blobs), count_cell(use.snapshots));
  return html + "</tbody></table></div>\n";
}

std::string snapshots_of(const Census& census, const Usage& usage) {
  std::string html =
      head_of("snapshots", "Snapshots", 2, {"Snapshot", "Made for", "Own", "Shared", "Packages"});
  for (const SnapshotUse& use : usage.snapshots) {
    const CountedSnapshot& snapshot = census.snapshots[use.snapshot];
    html += format_text("<tr><td><code>{}</code></td><td>{}</td>{}{}{}</tr>\n", short_id(snapshot.id),
                        escaped(title_of(census, snapshot)), cell(use.own_bytes), cell(use.shared_bytes),
                        count_cell(snapshot.trees.size()));
  }
  return html + "</tbody></table></div>\n";
}

/// The page with `content` in place of its line `@content@`.
std::string page_with(const std::string& content) {
  constexpr std::string_view kPlace = "@content@\n", kPage = pages::kUsagePage;
  constexpr std::size_t kAt = kPage.find(kPlace);
  static_assert(kAt != std::string_view::npos);
  return std::string(kPage.substr(0, kAt)).append(content).append(kPage.substr(kAt + kPlace.size()));
}

}  // namespace

std::string usage_html(const std::string& store_path, const Census& census, const Usage& usage) {
  std::string html = format_text("<h1>What takes the space in <code>{}</code></h1>\n<ul class=\"facts\">",
                                 escaped(store_path));
  html += format_text("<li><b>{}</b>in {} files</li><li><b>{}</b>shared by several packages</li>",
                      print_bytes(usage.total_bytes), usage.blobs, print_bytes(usage.shared_bytes));
  html += format_text("<li><b>{}</b>as separate environments</li><li><b>{}</b>free on the disk</li></ul>\n",
                      print_bytes(usage.apparent_bytes), print_bytes(census.free_bytes));
  html += map_of(census, usage);
  html += packages_of(census, usage) + snapshots_of(census, usage);
  return page_with(html);
}

}  // namespace envstore

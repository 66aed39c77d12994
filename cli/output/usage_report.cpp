#include "cli/output/usage_report.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/output/phrases.h"
#include "gc/collect/policy.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::size_t kLargest = 15;

template <class List, class Line>
std::string table(const char* title, const List& list, Rows rows, const Line& line) {
  std::string text = format_text("\n{:>10} {:>10}  {}\n", "own", "shared", title);
  const std::size_t shown = rows == Rows::all ? list.size() : std::min(kLargest, list.size());
  for (std::size_t i = 0; i < shown; ++i)
    text += format_text("{:>10} {:>10}  {}\n", print_bytes(list[i].own_bytes),
                        print_bytes(list[i].shared_bytes), line(list[i]));
  if (shown < list.size())
    text += format_text("{:>10} {:>10}  and {} more: --all\n", "", "", list.size() - shown);
  return text;
}

}  // namespace

std::string title_of(const CountedTree& tree) {
  return tree.name.empty() ? "tree " + short_id(tree.id) : tree.name + " " + tree.version;
}

std::string title_of(const Census& census, const CountedSnapshot& snapshot) {
  constexpr std::size_t kShown = 3;
  const bool has_labels = !snapshot.labels.empty();
  const std::size_t count = has_labels ? snapshot.labels.size() : snapshot.trees.size();
  std::string text;
  for (std::size_t i = 0; i < std::min(count, kShown); ++i)
    text +=
        (i == 0 ? "" : "; ") + (has_labels ? snapshot.labels[i] : title_of(census.trees[snapshot.trees[i]]));
  if (count > kShown) text += format_text(" and {} more", count - kShown);
  return text.empty() ? "no packages" : text;
}

std::string usage_text(const Census& census, const Usage& usage, Rows rows) {
  std::string text =
      format_text("{} in {} files; {} of it shared by several packages", print_bytes(usage.total_bytes),
                  usage.blobs, print_bytes(usage.shared_bytes));
  text += format_text("; {} more in folders, bytecode and the index", print_bytes(usage.overhead_bytes));
  if (usage.unnamed_bytes > 0)
    text += format_text(", {} left over (gc removes it)", print_bytes(usage.unnamed_bytes));
  text += format_text("\n{} snapshots: as separate environments they would take {}\n", usage.snapshots.size(),
                      print_bytes(usage.apparent_bytes));
  if (!usage.snapshots.empty())
    text += table("snapshot", usage.snapshots, rows, [&](const SnapshotUse& use) {
      const CountedSnapshot& snapshot = census.snapshots[use.snapshot];
      return short_id(snapshot.id) + "  " + title_of(census, snapshot);
    });
  if (!usage.packages.empty())
    text += table("package", usage.packages, rows, [&](const PackageUse& use) {
      return title_of(census.trees[use.tree]) + "  in " + counted(use.snapshots, "snapshot");
    });
  return text;
}

std::string usage_json(const Census& census, const Usage& usage) {
  nlohmann::json snapshots = nlohmann::json::array(), packages = nlohmann::json::array();
  for (const SnapshotUse& use : usage.snapshots) {
    const CountedSnapshot& snapshot = census.snapshots[use.snapshot];
    snapshots.push_back({{"id", snapshot.id.hex()},
                         {"own_bytes", use.own_bytes},
                         {"shared_bytes", use.shared_bytes},
                         {"packages", snapshot.trees.size()},
                         {"requests", snapshot.labels}});
  }
  for (const PackageUse& use : usage.packages) {
    const CountedTree& tree = census.trees[use.tree];
    packages.push_back({{"name", tree.name},
                        {"version", tree.version},
                        {"tree", tree.id.hex()},
                        {"own_bytes", use.own_bytes},
                        {"shared_bytes", use.shared_bytes},
                        {"files", use.blobs},
                        {"snapshots", use.snapshots}});
  }
  const nlohmann::json json = {{"total_bytes", usage.total_bytes},
                               {"files", usage.blobs},
                               {"other_bytes", usage.overhead_bytes},
                               {"shared_bytes", usage.shared_bytes},
                               {"unnamed_bytes", usage.unnamed_bytes},
                               {"apparent_bytes", usage.apparent_bytes},
                               {"filesystem_bytes", census.filesystem_bytes},
                               {"free_bytes", census.free_bytes},
                               {"snapshots", std::move(snapshots)},
                               {"packages", std::move(packages)}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace envstore

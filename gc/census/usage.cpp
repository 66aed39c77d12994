#include "gc/census/usage.h"

#include <algorithm>
#include <tuple>

#include "gc/census/shares.h"

namespace envstore {
namespace {

constexpr auto kLargestFirst = [](const auto& a, const auto& b) {
  return std::tuple(a.own_bytes, a.shared_bytes) > std::tuple(b.own_bytes, b.shared_bytes);
};

void count_packages(const Census& census, Usage& usage) {
  for (std::uint32_t tree = 0; tree < census.trees.size(); ++tree)
    usage.packages.push_back({tree, 0, 0, 0, 0});
  for (const CountedSnapshot& snapshot : census.snapshots)
    for (const std::uint32_t tree : snapshot.trees) ++usage.packages[tree].snapshots;
  for (const BlobGroup& group : census.groups) {
    if (group.trees.empty()) usage.unnamed_bytes += group.bytes;
    if (group.trees.size() > 1) usage.shared_bytes += group.bytes;
    for (const std::uint32_t tree : group.trees) {
      PackageUse& package = usage.packages[tree];
      (group.trees.size() == 1 ? package.own_bytes : package.shared_bytes) += group.bytes;
      package.blobs += group.blobs;
    }
  }
}

void count_snapshots(const Census& census, Usage& usage) {
  constexpr std::uint32_t kNobody = ~std::uint32_t{0};
  Shares shares(census);
  // Each group counts once per snapshot.
  std::vector<std::uint32_t> counted_for(census.groups.size(), kNobody);
  for (std::uint32_t position = 0; position < census.snapshots.size(); ++position) {
    std::uint64_t all = census.snapshots[position].overhead_bytes;
    for (const std::uint32_t tree : census.snapshots[position].trees) {
      all += census.trees[tree].overhead_bytes;
      for (const std::uint32_t group : shares.groups_of(tree)) {
        if (counted_for[group] == position) continue;
        counted_for[group] = position;
        all += census.groups[group].bytes;
      }
    }
    const std::uint64_t own = shares.freed_by(position);
    usage.snapshots.push_back({position, own, all - own});
    usage.apparent_bytes += all;
  }
}

}  // namespace

Usage usage_of(const Census& census) {
  Usage usage;
  usage.overhead_bytes = census.overhead_bytes();
  usage.total_bytes = census.total_bytes();
  usage.blobs = census.total_blobs();
  count_packages(census, usage);
  count_snapshots(census, usage);
  std::stable_sort(usage.packages.begin(), usage.packages.end(), kLargestFirst);
  std::stable_sort(usage.snapshots.begin(), usage.snapshots.end(), kLargestFirst);
  return usage;
}

}  // namespace envstore

#include <algorithm>

#include "gc/verify/comparison.h"
#include "store/objects/tree_info.h"
#include "store/objects/tree_slots.h"
#include "store/snapshots/placement_build.h"

namespace envstore {
namespace {

void sort_by_path(std::vector<Expected>& expected) {
  std::sort(expected.begin(), expected.end(),
            [](const Expected& a, const Expected& b) { return a.path < b.path; });
}

const TreeEntry& entry_of(const TreeManifest& manifest, const std::string& path) {
  const auto& entries = manifest.entries();
  return *std::lower_bound(
      entries.begin(), entries.end(), path,
      [](const TreeEntry& entry, const std::string& wanted) { return entry.path < wanted; });
}

}  // namespace

std::vector<Expected> expected_of_tree(const TreeId& id, const TreeManifest& manifest) {
  using Kind = Expected::Kind;
  std::vector<Expected> expected;
  expected.reserve(manifest.entries().size() + 2);
  for (const TreeEntry& entry : manifest.entries()) expected.push_back({entry.path, Kind::blob, &entry, &id});
  for (const char* own : {store_paths::kTreeManifest, store_paths::kTreeInfo})
    expected.push_back({own, Kind::any_file, nullptr, &id});
  std::size_t slot = 0;
  for (const std::string& directory : source_directories(manifest))
    expected.push_back({directory + "/" + store_paths::kSlotLink, Kind::link, nullptr, &id,
                        slot_link(directory, id, slot++)});
  sort_by_path(expected);
  return expected;
}

std::vector<Expected> expected_of_layout(const LayoutPlan& plan, const std::vector<LayoutTree>& trees) {
  using Kind = Expected::Kind;
  std::vector<Expected> expected;
  for (const std::string& directory : plan.directories) expected.push_back({directory, Kind::directory});
  for (const auto& link : plan.links)
    expected.push_back({link.path, Kind::link, nullptr, &trees[link.tree].id, link_target(link, trees)});
  for (const auto& cache : plan.caches)
    expected.push_back(
        {cache.directory + "/" + store_paths::kSlotLink, Kind::link, nullptr, nullptr, cache_target(cache)});
  for (const auto* files : {&plan.hard_links, &plan.empty_files})
    for (const auto& file : *files)
      expected.push_back({file.path, Kind::blob, &entry_of(trees[file.tree].manifest(), file.in_tree),
                          &trees[file.tree].id});
  for (const auto& file : plan.copies)
    expected.push_back({file.path, Kind::any_file, &entry_of(trees[file.tree].manifest(), file.in_tree),
                        &trees[file.tree].id});
  for (const auto& [path, content] : plan.files)
    expected.push_back({path, Kind::document, nullptr, nullptr, content});
  sort_by_path(expected);
  return expected;
}

}  // namespace envstore

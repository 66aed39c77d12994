#include "store/snapshots/placement_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "store/objects/tree_info.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/path_parts.h"
#include "store/snapshots/placement_names.h"

namespace envstore {
namespace {

constexpr std::string_view kEnvstore = "envstore";  // the owner of prefix_files in a clash

/// Merges the trees' files into one layout; for each path the first tree wins.
class Merge {
 public:
  Merge(const SnapshotRecord& record, const std::vector<LayoutTree>& trees)
      : record_(record), id_(record.id()), trees_(trees) {}

  void add_prefix_file(const std::string& path) {
    claim_parents(path, nullptr);
    names_.emplace(path, Owner{});
  }
  void add_link(std::size_t tree, const std::string& name) {
    add(tree, record_.site_path + "/" + name, "site/" + name);
  }
  void add_file(std::size_t tree, const TreeEntry& entry) {
    add(tree, place_of(record_, entry.path), entry.path, &entry);
  }
  void add_directory(const std::string& path) { claim_parents(path + "/", nullptr); }

  LayoutPlan finish();

 private:
  struct Owner {
    std::optional<std::size_t> tree;  ///< nullopt: prefix_files
    std::string in_tree;
    const TreeEntry* entry = nullptr;  ///< nullptr: a link
  };

  void add(std::size_t tree, std::string path, std::string in_tree, const TreeEntry* entry = nullptr);
  bool claim_parents(const std::string& path, const LayoutTree* tree);
  void report(const std::string& path, const Owner& kept, const std::string& dropped);
  bool is_same(const Owner& kept, std::size_t tree, const std::string& in_tree) const;
  const TreeEntry* entry_of(std::size_t tree, const std::string& in_tree) const;
  void sort_file(LayoutPlan& plan, const std::string& path, const Owner& owner) const;
  void add_caches(LayoutPlan& plan) const;
  std::string slot_of(const std::string& directory, const std::set<std::size_t>& owners, bool all_from_site,
                      std::map<std::size_t, std::vector<std::string>>& known) const;

  const SnapshotRecord& record_;
  const SnapshotId id_;
  const std::vector<LayoutTree>& trees_;
  std::unordered_map<std::string, Owner> names_;              ///< files and links
  std::unordered_map<std::string, std::string> directories_;  ///< with the first distribution that has it
  std::vector<Clash> clashes_;
  std::set<std::pair<std::string, std::string>> reported_;
};

const TreeEntry* Merge::entry_of(std::size_t tree, const std::string& in_tree) const {
  const std::vector<TreeEntry>& entries = trees_[tree].manifest().entries();
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), in_tree,
                       [](const TreeEntry& e, const std::string& wanted) { return e.path < wanted; });
  return found != entries.end() && found->path == in_tree ? &*found : nullptr;
}

bool Merge::is_same(const Owner& kept, std::size_t tree, const std::string& in_tree) const {
  if (!kept.tree) return false;
  const TreeEntry* mine = entry_of(tree, in_tree);
  const TreeEntry* theirs = entry_of(*kept.tree, kept.in_tree);
  return mine != nullptr && theirs != nullptr && mine->blob == theirs->blob;
}

void Merge::report(const std::string& path, const Owner& kept, const std::string& dropped) {
  if (!reported_.emplace(path, dropped).second) return;
  clashes_.push_back({path, kept.tree ? trees_[*kept.tree].name : std::string(kEnvstore), dropped});
}

/// False: one of the parent directories is already a file.
bool Merge::claim_parents(const std::string& path, const LayoutTree* tree) {
  std::size_t slash = path.rfind('/');
  std::vector<std::string> missing;
  for (; slash != std::string::npos && slash != 0; slash = path.rfind('/', slash - 1)) {
    std::string parent = path.substr(0, slash);
    if (directories_.contains(parent)) break;
    if (const auto file = names_.find(parent); file != names_.end()) {
      report(parent, file->second, tree == nullptr ? std::string(kEnvstore) : tree->name);
      return false;
    }
    missing.push_back(std::move(parent));
  }
  for (std::string& parent : missing)
    directories_.emplace(std::move(parent), tree == nullptr ? std::string(kEnvstore) : tree->name);
  return true;
}

void Merge::add(std::size_t tree, std::string path, std::string in_tree, const TreeEntry* entry) {
  if (const auto directory = directories_.find(path); directory != directories_.end()) {
    if (reported_.emplace(path, trees_[tree].name).second)
      clashes_.push_back({path, directory->second, trees_[tree].name});
    return;
  }
  if (const auto kept = names_.find(path); kept != names_.end()) {
    if (!is_same(kept->second, tree, in_tree)) report(path, kept->second, trees_[tree].name);
    return;
  }
  if (!claim_parents(path, &trees_[tree])) return;
  names_.emplace(std::move(path), Owner{tree, std::move(in_tree), entry});
}

void Merge::sort_file(LayoutPlan& plan, const std::string& path, const Owner& owner) const {
  const LayoutPlan::FromTree file{path, *owner.tree, owner.in_tree};
  if (owner.entry == nullptr)
    plan.links.push_back(file);
  else if (path.starts_with("etc/"))
    plan.copies.push_back(file);
  else if (owner.entry->size == 0)
    plan.empty_files.push_back(file);
  else
    plan.hard_links.push_back(file);
}

std::string Merge::slot_of(const std::string& directory, const std::set<std::size_t>& owners,
                           bool all_from_site, std::map<std::size_t, std::vector<std::string>>& known) const {
  const std::string below = directory.substr(record_.site_path.size());
  if (owners.size() != 1 || !all_from_site) return snapshot_slot(id_, below);
  const LayoutTree& tree = trees_[*owners.begin()];
  if (below.empty()) return store_paths::slots(tree.id) + "/0";  // `site` sorts first
  auto [found, is_new] = known.try_emplace(*owners.begin());
  if (is_new) found->second = source_directories(tree.manifest());
  const auto slot = std::lower_bound(found->second.begin(), found->second.end(), "site" + below);
  return store_paths::slots(tree.id) + "/" + std::to_string(slot - found->second.begin());
}

void Merge::add_caches(LayoutPlan& plan) const {
  struct Sources {
    std::set<std::size_t> owners;
    bool all_from_site = true;
  };
  std::map<std::string, Sources> directories;
  for (const auto& [path, owner] : names_) {
    if (!owner.tree || !is_source(path) || !is_below(path, record_.site_path)) continue;
    Sources& sources = directories[parent_of(path)];
    sources.owners.insert(*owner.tree);
    sources.all_from_site = sources.all_from_site && owner.in_tree.starts_with("site/");
  }
  std::map<std::size_t, std::vector<std::string>> known;
  const std::string own = store_paths::slots(id_) + "/";
  for (const auto& [directory, sources] : directories) {
    const std::string slot = slot_of(directory, sources.owners, sources.all_from_site, known);
    if (slot.starts_with(own)) plan.snapshot_slots.push_back(slot);
    plan.caches.push_back({directory, slot});
  }
}

LayoutPlan Merge::finish() {
  LayoutPlan plan;
  plan.files = record_.prefix_files;
  std::set<std::string> prefix_entries, scripts;
  const std::string python = parent_of(record_.site_path) + "/";  // lib/python3.11/
  const auto note_name = [&](const std::string& path) {
    const std::string top = path.substr(0, path.find('/'));
    if (top != "lib" && top != "bin") prefix_entries.insert(top);
    // Below lib and bin, only the names that the run's own directories do not provide.
    const bool is_beside_site = path.starts_with(python) && !is_below(path, record_.site_path);
    const std::size_t below = path.starts_with("bin/") ? 4
                              : is_beside_site         ? python.size()
                                                       : std::string::npos;
    if (below == std::string::npos) return;
    const std::size_t end = path.find('/', below);
    if (is_beside_site || end != std::string::npos)
      prefix_entries.insert(path.substr(0, end));
    else
      scripts.insert(path.substr(below));
  };
  for (const auto& [path, owner] : names_) {
    if (!owner.tree) continue;
    sort_file(plan, path, owner);
    note_name(path);
    plan.has_pth = plan.has_pth || (path.ends_with(".pth") && is_directly_in(path, record_.site_path));
  }
  for (const auto& [path, distribution] : directories_) plan.directories.push_back(path);
  std::sort(plan.directories.begin(), plan.directories.end());
  for (auto* list : {&plan.links, &plan.hard_links, &plan.copies, &plan.empty_files})
    std::sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  add_caches(plan);
  plan.clashes = std::move(clashes_);
  plan.scripts.assign(scripts.begin(), scripts.end());
  plan.prefix_entries.assign(prefix_entries.begin(), prefix_entries.end());
  return plan;
}

bool has_directory(const LayoutTree& tree, const std::string& name) {
  const std::string inside = "site/" + name + "/";
  const std::vector<TreeEntry>& entries = tree.manifest().entries();
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), inside,
                       [](const TreeEntry& e, const std::string& wanted) { return e.path < wanted; });
  return found != entries.end() && found->path.starts_with(inside);
}

/// Old wheels contain modules as data files. They belong in site-packages like any other module, so the tree
/// is merged file by file, and so is every tree that shares a directory with them.
std::set<std::string> names_that_data_puts_into_site(const SnapshotRecord& record, const LayoutTree& tree) {
  std::set<std::string> names;
  if (tree.has_only_site) return names;
  const std::string inside = "data/" + record.site_path + "/";
  for (const TreeEntry& entry : tree.manifest().entries())
    if (entry.path.starts_with(inside)) names.insert(top_of(entry.path.substr(inside.size())));
  return names;
}

/// Decides which trees are laid out file by file.
std::vector<bool> choose_forests(const SnapshotRecord& record, const std::vector<LayoutTree>& trees,
                                 Layout layout) {
  std::vector<bool> is_forest(trees.size(), layout == Layout::forest);
  if (layout == Layout::forest) return is_forest;
  std::unordered_map<std::string, std::vector<std::size_t>> owners;
  std::set<std::string> from_data;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    for (const std::string& name : trees[i].top_level) owners[name].push_back(i);
    const std::set<std::string> names = names_that_data_puts_into_site(record, trees[i]);
    is_forest[i] = trees[i].is_forest || !names.empty();
    from_data.insert(names.begin(), names.end());
  }
  for (const auto& [name, sharing] : owners) {
    std::vector<std::size_t> with_directory;
    if (sharing.size() > 1 || from_data.contains(name))
      for (const std::size_t tree : sharing)
        if (has_directory(trees[tree], name)) with_directory.push_back(tree);
    if (with_directory.size() > 1 || from_data.contains(name))
      for (const std::size_t tree : with_directory) is_forest[tree] = true;
  }
  return is_forest;
}

void check_paths(const SnapshotRecord& record) {
  if (!is_safe_path(record.site_path) || !record.site_path.starts_with("lib"))
    throw Error(ErrorKind::invalid_input,
                format_text("cannot lay out a snapshot with site-packages at '{}': not a safe path below lib",
                            record.site_path));
  for (const auto& [path, content] : record.prefix_files)
    if (!is_safe_path(path) || path.starts_with("lib"))
      throw Error(ErrorKind::invalid_input,
                  format_text("cannot lay out a snapshot with '{}' at its prefix", path));
}

}  // namespace

LayoutPlan plan_layout(const SnapshotRecord& record, const std::vector<LayoutTree>& trees, Layout layout) {
  check_paths(record);
  const std::vector<bool> is_forest = choose_forests(record, trees, layout);
  Merge merge(record, trees);
  for (const auto& [path, content] : record.prefix_files) merge.add_prefix_file(path);
  merge.add_directory(record.site_path);
  merge.add_directory("bin");
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (!is_forest[i])
      for (const std::string& name : trees[i].top_level) merge.add_link(i, name);
    if (!is_forest[i] && trees[i].has_only_site) continue;
    for (const TreeEntry& entry : trees[i].manifest().entries())
      if (is_forest[i] || !entry.path.starts_with("site/")) merge.add_file(i, entry);
  }
  return merge.finish();
}

}  // namespace envstore

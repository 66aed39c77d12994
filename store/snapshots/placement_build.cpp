#include "store/snapshots/placement_build.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <memory>
#include <unordered_map>

#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/format.h"
#include "store/platform/path_parts.h"

namespace envstore {
namespace {

/// The relative path from a file of a layout to the store's root: out of the file's directories, then out of
/// snapshots/<id>.<layout>.
std::string up_to_root(const std::string& path) {
  std::string up = "../../";
  for (auto levels = std::count(path.begin(), path.end(), '/'); levels > 0; --levels) up += "../";
  return up;
}

std::string source_of(const LayoutPlan::FromTree& file, const std::vector<LayoutTree>& trees) {
  return store_paths::tree(trees[file.tree].id) + "/" + file.in_tree;
}

FileStamp stamp_of(const StoreReader& store, const std::string& source) {
  const auto stamp = stat_at(store.root(), source, Links::do_not_follow);
  if (!stamp || !stamp->is_regular())
    throw Error(ErrorKind::damaged,
                format_text("cannot read '{}/{}': it is not a file any more", store.path(), source),
                "`envstore verify --repair` finds and repairs what was changed in the store");
  return *stamp;
}

mode_t mode_of(const FileStamp& stamp) {
  return (stamp.mode & 0111) != 0 ? 0555 : 0444;
}

/// The copy has the source's modification time, because bytecode that Python, run as root, writes for one of
/// the files must be valid for all of them.
void copy_file(const StoreReader& store, int target, const std::string& source, const std::string& path,
               const std::string& content) {
  const FileStamp stamp = stamp_of(store, source);
  create_file(target, path, content, mode_of(stamp));
  set_mtime(target, path, stamp.mtime_ns);
}

/// Adds a link, or a copy if the filesystem allows no more links (65,000 on ext4).
void link_file(const StoreReader& store, int target, const std::string& source, const std::string& path) {
  const LinkResult result = link_at(store.root(), source, target, path);
  if (result == LinkResult::linked) return;
  if (result == LinkResult::exists)
    throw Error(ErrorKind::io, format_text("cannot link '{}': it exists", path));
  copy_file(store, target, source, path, read_file(store.root(), source));
}

void copy_writable(const StoreReader& store, int target, const std::string& source, const std::string& path) {
  create_file(target, path, read_file(store.root(), source), mode_of(stamp_of(store, source)) | 0200);
}

void seal(int target, const LayoutPlan& plan) {
  for (const std::string& directory : plan.directories)
    if (fchmodat(target, directory.c_str(), 0555, 0) != 0) throw_errno(errno, "set the mode of", directory);
}

/// Everything below a directory, by path; does not follow links.
void collect(int root, const std::string& below, std::unordered_map<std::string, unsigned char>& found) {
  std::vector<std::string> pending{below};
  while (!pending.empty()) {
    const std::string directory = std::move(pending.back());
    pending.pop_back();
    for (const DirectoryEntry& entry : list_directory(root, directory.empty() ? "." : directory)) {
      std::string path = directory.empty() ? entry.name : directory + "/" + entry.name;
      if (entry.type == DT_DIR) pending.push_back(path);
      found.emplace(std::move(path), entry.type);
    }
  }
}

/// Compares a directory with the plan, name by name. Names that remain at the end are not in the plan.
class Comparison {
 public:
  Comparison(const StoreReader& store, const std::vector<LayoutTree>& trees, Fd root)
      : store_(store), trees_(trees), root_(std::move(root)) {
    collect(root_.get(), "", found_);
  }

  std::vector<std::string> run(const LayoutPlan& plan) {
    for (const std::string& directory : plan.directories) expect(directory, DT_DIR, true);
    for (const auto& link : plan.links) expect_link(link.path, link_target(link, trees_));
    for (const auto& cache : plan.caches)
      expect_link(cache.directory + "/" + store_paths::kSlotLink, cache_target(cache));
    for (const auto& file : plan.hard_links) expect(file.path, DT_REG, is_same_file(file));
    for (const auto& file : plan.empty_files) expect(file.path, DT_REG, has_content(file.path, ""));
    for (const auto& file : plan.copies) expect(file.path, DT_REG, true);  // programs may have rewritten it
    for (const auto& [path, content] : plan.files) expect(path, DT_REG, has_content(path, content));
    for (const auto& [path, type] : found_) wrong_.push_back(path);
    std::sort(wrong_.begin(), wrong_.end());
    return std::move(wrong_);
  }

 private:
  void expect(const std::string& path, unsigned char type, bool is_right) {
    const auto entry = found_.find(path);
    if (entry == found_.end() || entry->second != type || !is_right) wrong_.push_back(path);
    if (entry != found_.end()) found_.erase(entry);
  }
  void expect_link(const std::string& path, const std::string& target) {
    const auto entry = found_.find(path);
    const bool is_link = entry != found_.end() && entry->second == DT_LNK;
    expect(path, DT_LNK, is_link && read_link(root_.get(), path) == target);
  }
  bool has_content(const std::string& path, std::string_view content) const {
    return try_read_file(root_.get(), path) == content;
  }
  bool is_same_file(const LayoutPlan::FromTree& file) const {
    const std::string source = source_of(file, trees_);
    const auto here = stat_at(root_.get(), file.path, Links::do_not_follow);
    const auto there = stat_at(store_.root(), source, Links::do_not_follow);
    if (!here || !there || !here->is_regular() || !there->is_regular()) return false;
    if (here->inode == there->inode) return true;
    return here->size == there->size && read_file(root_.get(), file.path) == read_file(store_.root(), source);
  }

  const StoreReader& store_;
  const std::vector<LayoutTree>& trees_;
  Fd root_;
  std::unordered_map<std::string, unsigned char> found_;
  std::vector<std::string> wrong_;
};

bool has_part(const StoreReader& store, const TreeId& id, const char* part) {
  return stat_at(store.root(), store_paths::tree(id) + "/" + part, Links::do_not_follow).has_value();
}

LayoutTree layout_tree(const StoreReader& store, const SnapshotRecord& record, const SnapshotTree& tree,
                       TreeRow row) {
  LayoutTree result;
  result.id = tree.tree;
  result.name = tree.name;
  result.is_forest = !row.forest_reason.empty() ||
                     std::binary_search(record.forced_forest.begin(), record.forced_forest.end(), tree.name);
  result.has_pth = row.has_pth;
  result.top_level = std::move(row.top_level);
  result.has_only_site = !has_part(store, tree.tree, store_paths::kTreeBin) &&
                         !has_part(store, tree.tree, store_paths::kTreeData) &&
                         !has_part(store, tree.tree, store_paths::kTreeInclude);
  const auto loaded = std::make_shared<std::unique_ptr<TreeManifest>>();
  result.manifest = [loaded, &store, id = tree.tree]() -> const TreeManifest& {
    if (!*loaded) *loaded = std::make_unique<TreeManifest>(TreeManifest::load(store, id));
    return **loaded;
  };
  return result;
}

}  // namespace

std::string link_target(const LayoutPlan::FromTree& link, const std::vector<LayoutTree>& trees) {
  return up_to_root(link.path) + store_paths::tree(trees[link.tree].id) + "/" + link.in_tree;
}

std::string cache_target(const LayoutPlan::Cache& cache) {
  return up_to_root(cache.directory + "/" + store_paths::kSlotLink) + cache.slot;
}

void build_layout(const StoreReader& store, const LayoutPlan& plan, const std::vector<LayoutTree>& trees,
                  const std::string& path) {
  with_folder(store.root(), path, [&] { make_directory(store.root(), path, 0755); });
  const Fd target = open_directory(store.root(), path);
  for (const std::string& directory : plan.directories) make_directory(target.get(), directory, 0755);
  for (const auto& link : plan.links) symlink_at(link_target(link, trees), target.get(), link.path);
  for (const auto& cache : plan.caches)
    symlink_at(cache_target(cache), target.get(), cache.directory + "/" + store_paths::kSlotLink);
  for (const auto& file : plan.hard_links) link_file(store, target.get(), source_of(file, trees), file.path);
  for (const auto& file : plan.copies) copy_writable(store, target.get(), source_of(file, trees), file.path);
  for (const auto& file : plan.empty_files)
    copy_file(store, target.get(), source_of(file, trees), file.path, "");
  for (const auto& [name, content] : plan.files) create_file(target.get(), name, content, 0444);
  seal(target.get(), plan);
}

void make_layout_slots(StoreWriter& store, const LayoutPlan& plan) {
  std::string parent;
  for (const LayoutPlan::Cache& cache : plan.caches) {
    std::string of = parent_of(cache.slot);
    if (of != parent)
      with_folder(store.root(), of, [&] { return make_directory_if_missing(store.root(), of, 0755); });
    parent = std::move(of);
    make_directory_if_missing(store.root(), cache.slot, 0555);
  }
}

std::vector<std::string> differences(const StoreReader& store, const LayoutPlan& plan,
                                     const std::vector<LayoutTree>& trees, const std::string& path) {
  return Comparison(store, trees, open_directory(store.root(), path)).run(plan);
}

std::vector<LayoutTree> layout_trees(const StoreReader& store, const SnapshotRecord& record) {
  std::vector<TreeRow> rows;
  {
    Index::Read read = store.index().read();
    for (const SnapshotTree& tree : record.trees) {
      std::optional<TreeRow> row = read.tree(tree.tree);
      if (!row)
        throw Error(ErrorKind::damaged, format_text("cannot lay out '{}' {}: its tree is not in the index",
                                                    tree.name, tree.version));
      rows.push_back(std::move(*row));
    }
  }
  std::vector<LayoutTree> trees;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!stat_at(store.root(), store_paths::tree(record.trees[i].tree), Links::do_not_follow))
      throw Error(ErrorKind::damaged,
                  format_text("cannot read '{}/{}': it was removed", store.path(),
                              store_paths::tree(record.trees[i].tree)),
                  "`envstore verify --repair` finds and repairs what was changed in the store");
    trees.push_back(layout_tree(store, record, record.trees[i], std::move(rows[i])));
  }
  return trees;
}

}  // namespace envstore

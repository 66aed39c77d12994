#include <algorithm>

#include "gc/census/roots.h"
#include "gc/collect/why.h"
#include "store/objects/tree.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

/// A path in the store, split: folder (`trees`), name (an id), and the rest.
struct PathInStore {
  std::string folder, name, rest;
};

/// nullopt: the path is not in the store.
std::optional<PathInStore> in_store(const StoreReader& store, const std::string& path) {
  const std::string root = store.path() + "/";
  if (!path.starts_with(root)) return std::nullopt;
  PathInStore parts;
  const std::string inside = path.substr(root.size());
  const std::size_t first = std::min(inside.find('/'), inside.size());
  const std::size_t second =
      first == inside.size() ? first : std::min(inside.find('/', first + 1), inside.size());
  parts.folder = inside.substr(0, first);
  if (first < inside.size()) parts.name = inside.substr(first + 1, second - first - 1);
  if (second < inside.size()) parts.rest = inside.substr(second + 1);
  return parts;
}

class Finder {
 public:
  Finder(const StoreReader& store, const Census& census) : store_(store), census_(census) {}

  std::optional<Subject> by_id(const std::string& word) const {
    if (!looks_like_id(word)) return std::nullopt;
    const std::string digits = to_lower(word);
    if (auto found = snapshot_by_id(digits)) return found;
    if (auto found = tree_by_id(digits)) return found;
    if (const auto blob = BlobId::parse(digits)) return of_blob(*blob);
    return std::nullopt;
  }

  std::optional<Subject> by_package(const std::string& word) const {
    const std::size_t split = word.find("==");
    std::string name = to_lower(word.substr(0, split));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '_' || c == '.'; }, '-');
    const std::string version = split == std::string::npos ? "" : word.substr(split + 2);
    Subject subject{.kind = Subject::Kind::package, .title = "package " + word, .trees = {}, .snapshots = {}};
    for (std::uint32_t position = 0; position < census_.trees.size(); ++position) {
      const CountedTree& tree = census_.trees[position];
      if (tree.name == name && (version.empty() || tree.version == version))
        subject.trees.push_back(position);
    }
    if (subject.trees.empty()) return std::nullopt;
    return with_snapshots(std::move(subject));
  }

  std::optional<Subject> by_script(const std::string& path) const {
    Subject subject{.kind = Subject::Kind::script, .title = "script " + path, .trees = {}, .snapshots = {}};
    for (std::uint32_t position = 0; position < census_.snapshots.size(); ++position) {
      const auto& labels = census_.snapshots[position].labels;
      if (std::find(labels.begin(), labels.end(), path) != labels.end())
        subject.snapshots.push_back(position);
    }
    if (subject.snapshots.empty()) return std::nullopt;
    return subject;
  }

  std::optional<Subject> by_store_path(const PathInStore& path) const {
    if (path.folder == store_paths::kObjects) {
      const auto blob = BlobId::parse(path.name + path.rest);
      return blob ? of_blob(*blob) : std::nullopt;
    }
    if (path.folder == store_paths::kScratch || path.folder == store_paths::kLeases ||
        path.folder == store_paths::kTmp)
      return of_lease(path.name);
    if (path.folder == store_paths::kSnapshots)
      return snapshot_by_id(path.name.substr(0, path.name.find('.')));
    if (path.folder == store_paths::kTrees || path.folder == store_paths::kSlots) {
      const auto tree = TreeId::parse(path.name);
      if (path.folder == store_paths::kTrees && tree && !path.rest.empty())
        if (auto found = of_tree_file(*tree, path.rest)) return found;
      if (auto found = tree_by_id(path.name)) return found;
      return snapshot_by_id(path.name);
    }
    return std::nullopt;
  }

 private:
  Subject with_snapshots(Subject subject) const {
    std::vector<bool> wanted(census_.trees.size());
    for (const std::uint32_t tree : subject.trees) wanted[tree] = true;
    for (std::uint32_t position = 0; position < census_.snapshots.size(); ++position) {
      const auto& trees = census_.snapshots[position].trees;
      if (std::any_of(trees.begin(), trees.end(), [&](std::uint32_t tree) { return wanted[tree]; }))
        subject.snapshots.push_back(position);
    }
    return subject;
  }

  /// The entry whose id begins with `digits`. Throws Error{usage} if there are several.
  template <class List>
  std::optional<std::uint32_t> position_of(const List& list, const std::string& digits) const {
    std::optional<std::uint32_t> found;
    if (digits.empty()) return found;
    for (std::uint32_t position = 0; position < list.size(); ++position) {
      if (!list[position].id.hex().starts_with(digits)) continue;
      if (found)
        throw Error(ErrorKind::usage, format_text("'{}' is ambiguous: several ids begin with it", digits),
                    "give more digits");
      found = position;
    }
    return found;
  }

  std::optional<Subject> snapshot_by_id(const std::string& digits) const {
    const auto position = position_of(census_.snapshots, digits);
    if (!position) return std::nullopt;
    return Subject{Subject::Kind::snapshot,
                   "snapshot " + census_.snapshots[*position].id.hex(),
                   census_.snapshots[*position].trees,
                   {*position}};
  }

  std::string title_of(std::uint32_t tree) const {
    return census_.trees[tree].name + " " + census_.trees[tree].version;
  }

  std::optional<Subject> tree_by_id(const std::string& digits) const {
    const auto position = position_of(census_.trees, digits);
    if (!position) return std::nullopt;
    return with_snapshots({Subject::Kind::package, "package " + title_of(*position), {*position}, {}});
  }

  std::optional<std::uint32_t> position_of_tree(const TreeId& id) const {
    const auto found =
        std::lower_bound(census_.trees.begin(), census_.trees.end(), id,
                         [](const CountedTree& tree, const TreeId& wanted) { return tree.id < wanted; });
    if (found == census_.trees.end() || found->id != id) return std::nullopt;
    return static_cast<std::uint32_t>(found - census_.trees.begin());
  }

  std::optional<Subject> of_blob(const BlobId& blob) const {
    Subject subject{Subject::Kind::file, "file " + blob.hex(), {}, {}};
    Index::Read rows = store_.index().read();
    const std::vector<TreeId> trees = rows.trees_of(blob);
    if (trees.empty() && !rows.blob(blob)) return std::nullopt;
    for (const TreeId& tree : trees)
      if (const auto position = position_of_tree(tree)) subject.trees.push_back(*position);
    return with_snapshots(std::move(subject));
  }

  /// Includes all trees that have the same bytes, because these are one inode.
  std::optional<Subject> of_tree_file(const TreeId& tree, const std::string& path) const {
    const auto position = position_of_tree(tree);
    if (!position || !stat_at(store_.root(), store_paths::tree(tree) + "/" + store_paths::kTreeManifest,
                              Links::do_not_follow))
      return std::nullopt;
    const TreeManifest manifest = TreeManifest::load(store_, tree);
    for (const TreeEntry& entry : manifest.entries()) {
      if (entry.path != path) continue;
      std::optional<Subject> subject = of_blob(entry.blob);
      if (!subject) subject = with_snapshots({Subject::Kind::file, {}, {*position}, {}});
      subject->title = format_text("file {} of {}", path, title_of(*position));
      return subject;
    }
    return std::nullopt;
  }

  std::optional<Subject> of_lease(const std::string& name) const {
    const auto row = store_.index().read().lease(name);
    if (!row) return std::nullopt;
    Subject subject{Subject::Kind::run, format_text("run of process {}: {}", row->pid, row->what), {}, {}};
    for (std::uint32_t position = 0; position < census_.snapshots.size(); ++position)
      if (std::find(row->snapshots.begin(), row->snapshots.end(), census_.snapshots[position].id) !=
          row->snapshots.end())
        subject.snapshots.push_back(position);
    return subject;
  }

  const StoreReader& store_;
  const Census& census_;
};

}  // namespace

Subject find_subject(const StoreReader& store, const Census& census, const std::string& word) {
  const Finder finder(store, census);
  if (auto found = finder.by_id(word)) return *found;
  const std::string path = absolute_path(word);
  // The path as given, then with its links resolved.
  for (const std::string& candidate : {path, real_path(path).value_or(path)})
    if (const auto inside = in_store(store, candidate))
      if (auto found = finder.by_store_path(*inside)) return *found;
  if (auto found = finder.by_script(path)) return *found;
  if (auto found = finder.by_package(word)) return *found;
  throw Error(
      ErrorKind::not_found, format_text("cannot find '{}' in the store", word),
      "it may be an id (six digits or more), a path in the store, a script that was run, or a package's "
      "name; 'envstore ls' and 'envstore du --all' list them");
}

}  // namespace envstore

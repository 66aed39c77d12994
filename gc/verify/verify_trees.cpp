#include <algorithm>
#include <set>

#include "gc/verify/comparison.h"
#include "gc/verify/verify_bytecode.h"
#include "store/objects/tree_info.h"
#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/platform/parallel.h"

// Checks every tree that has a row: its manifest, its description, its files, its slots, and its rows in the
// index.

namespace envstore {
namespace {

class TreeExamination {
 public:
  TreeExamination(Verification& verification, const TreeId& id, const TreeRow& row)
      : verification_(verification),
        store_(verification.store),
        id_(id),
        row_(row),
        path_(store_paths::tree(id)) {}

  std::vector<DamageFound> run(LookAtBytecode bytecode) {
    const auto stamp = stat_at(store_.root(), path_, Links::do_not_follow);
    if (!stamp) {
      add(Damage::missing, path_, "the whole tree is missing");
    } else if (!stamp->is_directory()) {
      add(Damage::wrong_kind, path_, "it is not a directory");
    } else if (const auto manifest = load_manifest()) {
      compare(*manifest);
      check_description(*manifest);
      check_rows(*manifest);
      if (bytecode == LookAtBytecode::yes)
        for (DamageFound& damage : examine_tree_bytecode(verification_, id_, *manifest))
          add(std::move(damage));
    }
    return std::move(found_);
  }

 private:
  void add(DamageFound damage) {
    damage.tree = id_;
    found_.push_back(std::move(damage));
  }
  void add(Damage damage, std::string path, std::string detail) {
    add({.damage = damage, .path = std::move(path), .detail = std::move(detail)});
  }

  std::shared_ptr<const TreeManifest> load_manifest() {
    try {
      std::string fault;
      auto manifest = verification_.manifest(id_, &fault);
      if (!fault.empty()) add(Damage::damaged_manifest, path_ + "/" + store_paths::kTreeManifest, fault);
      return manifest;
    } catch (const Error& error) {
      add(Damage::damaged_manifest, path_ + "/" + store_paths::kTreeManifest, error.what());
      return nullptr;
    }
  }

  void compare(const TreeManifest& manifest) {
    Comparison(verification_, [&](const Deviation& deviation) {
      DamageFound damage{.damage = deviation.damage, .path = deviation.path, .detail = deviation.detail};
      if (deviation.expected != nullptr && deviation.expected->entry != nullptr)
        damage.blob = deviation.expected->entry->blob;
      add(std::move(damage));
      return false;
    }).run(path_, expected_of_tree(id_, manifest));
  }

  void check_description(const TreeManifest& manifest) {
    const std::string path = path_ + "/" + store_paths::kTreeInfo;
    TreeInfo content = row_;
    describe_content(content, manifest);
    if (content != row_) add(Damage::damaged_row, path_, "the tree's row does not match its manifest");
    try {
      const std::optional<std::string> text = try_read_file(store_.root(), path);
      std::optional<TreeInfo> told;
      if (text) told = decode_tree_info(*text, manifest);
      // A collection sets the row's time to now if it was in the future.
      if (told) told->made_at_ns = content.made_at_ns;
      if (told && *told != content)
        add(Damage::damaged_manifest, path, "it describes another distribution than the index");
    } catch (const Error& error) {
      add(Damage::damaged_manifest, path, error.what());
    }
  }

  void check_rows(const TreeManifest& manifest) {
    std::vector<const BlobId*> blobs;
    for (const TreeEntry& entry : manifest.entries())
      if (entry.size != 0) blobs.push_back(&entry.blob);
    const auto by_value = [](const BlobId* a, const BlobId* b) { return *a < *b; };
    std::sort(blobs.begin(), blobs.end(), by_value);
    blobs.erase(
        std::unique(blobs.begin(), blobs.end(), [](const BlobId* a, const BlobId* b) { return *a == *b; }),
        blobs.end());
    for (const BlobId* blob : blobs)
      if (verification_.ledger.find(*blob) == nullptr && !store_.index().read().blob(*blob)) {
        DamageFound damage{.damage = Damage::damaged_row, .path = store_paths::object(*blob)};
        damage.detail = "a tree has it, and the index has no row of it";
        damage.blob = *blob;
        add(std::move(damage));
      }
    if (verification_.ledger.blobs_of(id_) != blobs.size() && has_other_links(blobs))
      add(Damage::damaged_row, path_, "the index links other files to the tree than its manifest names");
  }

  /// The ledger was read in slices, between which the tree may have been deleted and made again. So each link
  /// is checked again, at an instant at which the tree has its row.
  bool has_other_links(const std::vector<const BlobId*>& blobs) {
    const auto is_linked = [&](Index::Read& rows, const BlobId& blob) {
      const std::vector<TreeId> trees = rows.trees_of(blob);
      return std::find(trees.begin(), trees.end(), id_) != trees.end();
    };
    const auto is_wrong = [&](const BlobId& blob, bool should_be_linked) {
      Index::Read rows = store_.index().read();
      return rows.tree(id_) && is_linked(rows, blob) != should_be_linked;
    };
    const std::vector<BlobId> others = linked_besides(blobs);
    return std::any_of(blobs.begin(), blobs.end(),
                       [&](const BlobId* blob) { return is_wrong(*blob, true); }) ||
           std::any_of(others.begin(), others.end(),
                       [&](const BlobId& blob) { return is_wrong(blob, false); });
  }

  /// `blobs`: sorted by value.
  std::vector<BlobId> linked_besides(const std::vector<const BlobId*>& blobs) {
    std::vector<BlobId> others;
    Index::Read rows = store_.index().read_in_slices();
    for (unsigned part = 0; part < Ledger::kShards; ++part)
      rows.each_tree_of_blobs_in(
          static_cast<std::uint8_t>(part), [&](const BlobId& blob, const TreeId& tree) {
            if (tree == id_ && !std::binary_search(blobs.begin(), blobs.end(), &blob,
                                                   [](const BlobId* a, const BlobId* b) { return *a < *b; }))
              others.push_back(blob);
            return true;
          });
    return others;
  }

  Verification& verification_;
  StoreWriter& store_;
  const TreeId& id_;
  const TreeRow& row_;
  const std::string path_;
  std::vector<DamageFound> found_;
};

bool is_lost(StoreWriter& store, const WheelHash& wheel, const TreeId& tree) {
  const auto lies_there = [&] {
    return stat_at(store.root(), store_paths::tree(tree), Links::do_not_follow).has_value();
  };
  if (!lies_there()) return false;
  // While it is held, no process is between writing the tree's files and writing its rows.
  std::optional<FileLock> lock;
  if (!store.is_read_only()) lock = lock_tree(store, tree);
  Index::Read rows = store.index().read();
  const auto row = rows.wheel(wheel);
  return row && row->tree == tree && !rows.tree(tree) && lies_there();
}

/// The damage that remains while no process makes or removes the tree.
std::vector<DamageFound> examine_again(Verification& verification, const TreeId& id) {
  std::optional<FileLock> lock;
  if (!verification.store.is_read_only()) lock = lock_tree(verification.store, id);
  const std::optional<TreeRow> row = verification.store.index().read().tree(id);
  return row ? examine_tree(verification, id, *row) : std::vector<DamageFound>();
}

using LostWheels = std::vector<std::pair<WheelHash, TreeId>>;

LostWheels wheels_without_tree(StoreWriter& store) {
  LostWheels found;
  Index::Read rows = store.index().read_in_slices();
  rows.each_wheel([&](const WheelHash& wheel, const WheelRow& row) {
    if (!rows.tree(row.tree)) found.emplace_back(wheel, row.tree);
    return true;
  });
  return found;
}

/// Reports wheels whose tree is on disk without a row: the next ingest would not notice.
void look_for_lost_rows(Verification& verification) {
  StoreWriter& store = verification.store;
  if (wheels_without_tree(store).empty()) return;
  // A rebuild restores the rows of wheels before those of their trees.
  std::optional<FileLock> no_rebuild;
  if (!store.is_read_only()) {
    no_rebuild = FileLock::attempt(store.root(), store_paths::kGcLock, LockMode::shared);
    if (!no_rebuild) return;
  }
  for (const auto& [wheel, tree] : wheels_without_tree(store)) {
    if (!is_lost(store, wheel, tree)) continue;
    DamageFound damage{.damage = Damage::damaged_row, .path = store_paths::tree(tree)};
    damage.detail = "a wheel's row names the tree, and the tree has none";
    damage.tree = tree;
    verification.report(std::move(damage));
  }
}

}  // namespace

std::vector<DamageFound> examine_tree(Verification& verification, const TreeId& id, const TreeRow& row,
                                      LookAtBytecode bytecode) {
  return TreeExamination(verification, id, row).run(bytecode);
}

std::vector<TreeToVerify> trees_to_verify(Verification& verification) {
  std::vector<TreeToVerify> trees;
  verification.store.index().read_in_slices().each_tree([&](const TreeId& id, const TreeRow& row) {
    verification.expect(row.files);
    trees.push_back({.id = id, .row = row});
    return true;
  });
  std::stable_sort(trees.begin(), trees.end(),
                   [](const TreeToVerify& a, const TreeToVerify& b) { return a.row.files > b.row.files; });
  return trees;
}

void verify_bytecode_of_trees(Verification& verification, std::vector<TreeToVerify>& trees) {
  for_each_in_parallel(verification.threads, trees.size(), [&](std::size_t i) {
    try {
      const auto manifest = verification.manifest(trees[i].id);
      trees[i].has_right_bytecode =
          examine_tree_bytecode(verification, trees[i].id, *manifest, static_cast<std::uint32_t>(i)).empty();
    } catch (const Error&) {
      // examine_tree hits the same error and reports it.
    }
  });
  verification.claims.sort();
}

void verify_trees(Verification& verification, std::vector<TreeToVerify> trees) {
  for (const std::uint32_t unsettled : verification.claims.unsettled_owners())
    trees[unsettled].has_right_bytecode = false;
  for_each_in_parallel(verification.threads, trees.size(), [&](std::size_t i) {
    const auto& [id, row, has_right_bytecode] = trees[i];
    const auto bytecode = has_right_bytecode ? LookAtBytecode::no : LookAtBytecode::yes;
    if (examine_tree(verification, id, row, bytecode).empty()) return;
    for (DamageFound& damage : examine_again(verification, id)) verification.report(std::move(damage));
  });
  look_for_lost_rows(verification);
}

}  // namespace envstore

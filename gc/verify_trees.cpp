#include <algorithm>
#include <set>

#include "gc/comparison.h"
#include "gc/verify_bytecode.h"
#include "store/platform/error.h"
#include "store/tree_info.h"

// Every tree that has a row: its manifest, its description, its files, its slots, and what the index says of
// it.

namespace envstore {
namespace {

class TreeExamination {
 public:
  TreeExamination(Verification& verification, const TreeId& id, const TreeRow& row)
      : verification_(verification),
        store_(verification.store),
        id_(id),
        row_(row),
        path_(layout::tree(id)) {}

  std::vector<DamageFound> run() {
    const auto stamp = stat_at(store_.root(), path_, Links::do_not_follow);
    if (!stamp) {
      add(Damage::missing, path_, "the whole tree is gone");
    } else if (!stamp->is_directory()) {
      add(Damage::wrong_kind, path_, "it is no directory");
    } else if (const auto manifest = load_manifest()) {
      compare(*manifest);
      check_description(*manifest);
      check_rows(*manifest);
      for (DamageFound& damage : examine_tree_bytecode(verification_, id_, *manifest)) add(std::move(damage));
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
      if (!fault.empty()) add(Damage::damaged_manifest, path_ + "/" + layout::kTreeManifest, fault);
      return manifest;
    } catch (const Error& error) {
      add(Damage::damaged_manifest, path_ + "/" + layout::kTreeManifest, error.what());
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
    const std::string path = path_ + "/" + layout::kTreeInfo;
    TreeInfo content = row_;
    describe_content(content, manifest);
    if (content != row_) add(Damage::damaged_row, path_, "the tree's row does not fit its manifest");
    try {
      const std::optional<std::string> text = try_read_file(store_.root(), path);
      if (text && decode_tree_info(*text, manifest) != content)
        add(Damage::damaged_manifest, path, "it tells of another distribution than the index");
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
        DamageFound damage{.damage = Damage::damaged_row, .path = layout::object(*blob)};
        damage.detail = "a tree has it, and the index has no row of it";
        damage.blob = *blob;
        add(std::move(damage));
      }
    if (verification_.ledger.blobs_of(id_) != blobs.size() && has_other_links(blobs))
      add(Damage::damaged_row, path_, "the index links other files to the tree than its manifest names");
  }

  /// The ledger was read in slices, between which the tree may have been deleted and made again: asked once
  /// more, at one instant.
  bool has_other_links(const std::vector<const BlobId*>& blobs) {
    Index::Read rows = store_.index().read();
    if (!rows.tree(id_)) return false;
    for (const BlobId* blob : blobs) {
      const std::vector<TreeId> trees = rows.trees_of(*blob);
      if (std::find(trees.begin(), trees.end(), id_) == trees.end()) return true;
    }
    std::size_t links = 0;
    for (unsigned part = 0; part < 256; ++part)
      rows.each_tree_of_blobs_in(static_cast<std::uint8_t>(part), [&](const BlobId&, const TreeId& tree) {
        if (tree == id_) ++links;
        return true;
      });
    return links != blobs.size();
  }

  Verification& verification_;
  Store& store_;
  const TreeId& id_;
  const TreeRow& row_;
  const std::string path_;
  std::vector<DamageFound> found_;
};

/// A wheel whose tree lies there without a row: the next ingest would not know.
void look_for_lost_rows(Verification& verification) {
  Index::Read read = verification.store.index().read();
  read.each_wheel([&](const WheelHash&, const WheelRow& wheel) {
    if (read.tree(wheel.tree) ||
        !stat_at(verification.store.root(), layout::tree(wheel.tree), Links::do_not_follow))
      return true;
    DamageFound damage{.damage = Damage::damaged_row, .path = layout::tree(wheel.tree)};
    damage.detail = "a wheel's row names the tree, and the tree has none";
    damage.tree = wheel.tree;
    verification.report(std::move(damage));
    return true;
  });
}

}  // namespace

std::vector<DamageFound> examine_tree(Verification& verification, const TreeId& id, const TreeRow& row) {
  return TreeExamination(verification, id, row).run();
}

void verify_trees(Verification& verification) {
  std::vector<std::pair<TreeId, TreeRow>> trees;
  verification.store.index().read().each_tree([&](const TreeId& id, const TreeRow& row) {
    verification.expect(row.files);
    trees.emplace_back(id, row);
    return true;
  });
  for_each_in_parallel(verification.threads, trees.size(), [&](std::size_t i) {
    const auto& [id, row] = trees[i];
    if (examine_tree(verification, id, row).empty()) return;
    // Seen twice or not at all: a collection or a repair may just have been at it.
    for (DamageFound& damage : examine_tree(verification, id, row)) verification.report(std::move(damage));
  });
  look_for_lost_rows(verification);
}

}  // namespace envstore

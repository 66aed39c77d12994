#include <stdexcept>

#include "store/index/index_merge.h"
#include "store/index/row_codec.h"

namespace envstore {

using index::key_of;
using index::MergedRows;
using index::Table;

namespace {

std::string_view id_of(const index::Cursor::Entry& entry) {
  return entry.first.substr(1, sizeof(BlobId::bytes));
}

/// The trees of `blob`. Skips reverse rows of smaller blob ids, which have no blob row.
void read_trees(MergedRows& links, std::string_view blob, std::vector<TreeId>& trees) {
  trees.clear();
  for (; links.here(); links.next()) {
    const std::string_view linked = id_of(*links.here());
    if (linked > blob) return;
    if (linked < blob) continue;
    TreeId tree;
    index::id_from_key(links.here()->first, 1 + sizeof(BlobId::bytes), tree.bytes);
    trees.push_back(tree);
  }
}

}  // namespace

void Index::Read::each_blob_use(
    const std::function<bool(const BlobId&, const BlobRow&, std::span<const TreeId>)>& visit) {
  if (!state_->is_reading()) throw std::logic_error("uses of blobs are walked in a read transaction");
  std::string from = key_of(Table::blobs);
  std::vector<TreeId> trees;
  const auto slice = [&] {
    MergedRows blobs(*state_, key_of(Table::blobs), from);
    MergedRows links(*state_, key_of(Table::blob_trees), key_of(Table::blob_trees).append(from.substr(1)));
    for (; blobs.here(); blobs.next()) {
      BlobId id;
      index::id_from_key(blobs.here()->first, 1, id.bytes);
      read_trees(links, id_of(*blobs.here()), trees);
      if (!visit(id, decode_row<BlobRow>(blobs.here()->second), trees)) return false;
      if (state_->is_slice_over()) {
        from.assign(blobs.here()->first).push_back('\0');
        return true;
      }
    }
    return false;
  };
  while (slice()) state_->begin_slice();
}

}  // namespace envstore

#include "store/index/index_pages.h"

#include <algorithm>

#include "store/index/index_page_format.h"

namespace envstore::index {

using namespace page_format;

namespace {

std::size_t even(std::size_t size) {
  return (size + 1) & ~std::size_t{1};
}

}  // namespace

Pages::Pages(File file, std::size_t page_size, std::uint64_t largest_map)
    : file_(file), page_size_(page_size), largest_page_(largest_map / page_size - 1) {
  if (file_.size() < kFirstPage * page_size_) fail(0, "the file is too short");
  const std::uint64_t first = check_meta(0), second = check_meta(1);
  // Each commit overwrites the older meta page, possibly at this moment.
  const std::size_t newer = second > first ? 1 : 0;
  if (std::max(first, second) - std::min(first, second) > 1) fail(newer, "it has a number of no commit");
  current_ = read_meta(newer);
}

std::uint64_t Pages::check_meta(std::size_t number) const {
  const char* page = at(number);
  if (number_at<std::uint64_t>(page, kNumberAt) != number ||
      number_at<std::uint16_t>(page, kFlagsAt) != kMeta || number_at<std::uint32_t>(page, kMagicAt) != kMagic)
    fail(number, "it is no first page of an index");
  if (number_at<std::uint32_t>(page, kVersionAt) != kDataVersion) fail(number, "of another version");
  if (number_at<std::uint32_t>(page, kFreeTreeAt + kTreePageSizeAt) != page_size_)
    fail(number, "of another page size");
  if ((number_at<std::uint16_t>(page, kFreeTreeAt + kTreeFlagsAt) & ~kMadeByFileName) != kIntegerKeys ||
      number_at<std::uint16_t>(page, kRowTreeAt + kTreeFlagsAt) != 0)
    fail(number, "of another kind");
  const auto transaction = number_at<std::uint64_t>(page, kTransactionAt);
  // Commits use the two meta pages alternately.
  if (transaction != 0 && transaction % 2 != number) fail(number, "it has a number of no commit");
  return transaction;
}

Pages::Meta Pages::read_meta(std::size_t number) const {
  const char* page = at(number);
  const auto tree = [&](std::size_t offset) {
    return Root{number_at<std::uint64_t>(page, offset + kTreeRootAt),
                number_at<std::uint16_t>(page, offset + kTreeDepthAt)};
  };
  const Meta meta{.transaction = number_at<std::uint64_t>(page, kTransactionAt),
                  .last_page = number_at<std::uint64_t>(page, kLastPageAt),
                  .free_pages = tree(kFreeTreeAt),
                  .rows = tree(kRowTreeAt)};
  if (meta.last_page > largest_page_) fail(number, "it names a page that cannot be");
  for (const Root& root : {meta.free_pages, meta.rows})
    if ((root.page == kNoPage) != (root.depth == 0) || root.depth >= Cursor::kDeepest)
      fail(number, "it names no tree");
  return meta;
}

const char* Pages::at(std::uint64_t page) const {
  if (page >= file_.size() / page_size_) fail(page, "the file is too short");
  return reinterpret_cast<const char*>(file_.data()) + page * page_size_;
}

std::size_t Pages::count(std::uint64_t page) const {
  return (number_at<std::uint16_t>(at(page), kLowerAt) - kHeaderSize) / 2;
}

/// The number of nodes of the page, after checking it. `height`: 1 for a leaf.
std::size_t Pages::check(Tree tree, std::uint64_t page, unsigned height) {
  const bool is_leaf = height == 1;
  if (page < kFirstPage || page > current_.last_page) fail(page, "there is no such page");
  const std::uint16_t flags = number_at<std::uint16_t>(at(page), kFlagsAt);
  if (flags != (is_leaf ? kLeaf : kBranch)) fail(page, "of another kind than its place demands");
  if (tree == Tree::rows) check_not_free(page);
  std::vector<bool>& checked = checked_[static_cast<std::size_t>(tree)];
  if (checked.empty()) checked.resize(current_.last_page + 1);
  if (checked[page]) return count(page);
  const std::size_t nodes = check_nodes(tree, page, is_leaf);
  checked[page] = true;
  return nodes;
}

std::size_t Pages::check_nodes(Tree tree, std::uint64_t page, bool is_leaf) const {
  const char* bytes = at(page);
  const std::size_t lower = number_at<std::uint16_t>(bytes, kLowerAt);
  const std::size_t upper = number_at<std::uint16_t>(bytes, kUpperAt);
  if (number_at<std::uint64_t>(bytes, kNumberAt) != page) fail(page, "it has another number");
  if (lower < kHeaderSize || lower % 2 != 0 || upper < lower || upper > page_size_)
    fail(page, "its bounds are wrong");
  const std::size_t nodes = (lower - kHeaderSize) / 2;
  // LMDB asserts that a branch has at least two nodes, but not in the tree of free pages.
  if (nodes == 0 || (nodes == 1 && !is_leaf && tree == Tree::rows)) fail(page, "it is empty");
  std::size_t size = 0;
  std::string_view before;
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::size_t offset = number_at<std::uint16_t>(bytes, kHeaderSize + 2 * i);
    if (offset < upper || offset + kNodeHeaderSize > page_size_) fail(page, "a node is outside");
    const std::size_t key_size = number_at<std::uint16_t>(bytes, offset + 6);
    const std::size_t room = page_size_ - offset - kNodeHeaderSize;
    if (key_size > kLongestKey || key_size > room) fail(page, "a key is outside");
    const Node found = node(page, i, is_leaf);
    const std::size_t inside = !is_leaf ? 0 : found.is_big ? sizeof(std::uint64_t) : found.size;
    if (inside > room - key_size) fail(page, "a value is outside");
    size += even(kNodeHeaderSize + key_size + inside);
    if (!is_leaf && (found.page < kFirstPage || found.page > current_.last_page))
      fail(page, "it leads to a page that is not there");
    const bool has_key = is_leaf || i > 0;  // LMDB does not use the first key of a branch
    if (has_key && (key_size == 0 || (tree == Tree::free_pages && key_size != sizeof(std::uint64_t))))
      fail(page, "a key has a wrong size");
    const bool has_before = i > (is_leaf ? 0U : 1U);
    if (has_before && !is_before(tree, before, found.key)) fail(page, "its keys are not in order");
    before = found.key;
  }
  if (size != page_size_ - upper) fail(page, "its nodes overlap");
  return nodes;
}

Pages::Node Pages::node(std::uint64_t page, std::size_t index, bool is_leaf) const {
  const char* bytes = at(page);
  const char* header = bytes + number_at<std::uint16_t>(bytes, kHeaderSize + 2 * index);
  const std::uint32_t low = number_at<std::uint32_t>(header, 0);
  const std::uint16_t flags = number_at<std::uint16_t>(header, 4);
  const std::size_t key_size = number_at<std::uint16_t>(header, 6);
  const char* content = header + kNodeHeaderSize;
  Node found{.key = {content, key_size}, .value = {}};
  if (!is_leaf) {
    found.page = low | static_cast<std::uint64_t>(flags) << 32;
    return found;
  }
  if ((flags & ~kBigData) != 0) fail(page, "a value is of another kind");
  found.size = low;
  found.is_big = flags == kBigData;
  if (found.is_big)
    found.page = static_cast<std::size_t>(content - bytes) + key_size + sizeof(std::uint64_t) <= page_size_
                     ? number_at<std::uint64_t>(content, key_size)
                     : 0;
  else
    found.value = {content + key_size, found.size};
  return found;
}

std::string_view Pages::big_value(const Node& node) const {
  const std::uint64_t pages = (kHeaderSize - 1 + node.size) / page_size_ + 1;
  const std::uint64_t there = file_.size() / page_size_;
  if (node.page < kFirstPage || node.page > current_.last_page || node.page >= there ||
      pages > there - node.page)
    fail(node.page, "the file is too short");
  const char* bytes = at(node.page);
  const std::uint64_t own = number_at<std::uint32_t>(bytes, kOverflowPagesAt);
  if (number_at<std::uint64_t>(bytes, kNumberAt) != node.page ||
      number_at<std::uint16_t>(bytes, kFlagsAt) != kOverflow || own < pages ||
      own > current_.last_page - node.page + 1)
    fail(node.page, "it does not hold the value that it should");
  check_not_free(node.page, own);
  return {bytes + kHeaderSize, node.size};
}

void Pages::check_not_free(std::uint64_t page, std::uint64_t pages) const {
  if (free_.empty()) return;
  for (const std::uint64_t end = page + pages; page < end; ++page)
    if (free_[page]) fail(page, "it has two uses");
}

/// A page that is correct in itself may belong elsewhere, so its keys must lie between the parent's keys on
/// both sides of it.
void Pages::check_between(std::uint64_t parent, std::size_t index, std::size_t nodes, std::uint64_t child,
                          unsigned height) const {
  const bool is_leaf = height == 1;
  const std::size_t last = count(child) - 1;
  if (index > 0 && (is_leaf || last > 0) &&
      node(child, is_leaf ? 0 : 1, is_leaf).key < node(parent, index, false).key)
    fail(child, "its keys come before its position");
  if (index + 1 < nodes && (is_leaf || last > 0) &&
      !(node(child, last, is_leaf).key < node(parent, index + 1, false).key))
    fail(child, "its keys come after its position");
}

std::optional<std::string_view> Pages::get(std::string_view key) {
  Cursor cursor(*this);
  const auto found = cursor.at_or_after(key);
  if (!found || found->first != key) return std::nullopt;
  return found->second;
}

}  // namespace envstore::index

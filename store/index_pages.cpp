#include "store/index_pages.h"
#include "store/platform/format.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace envstore::index {
namespace {

// As LMDB 0.9 lays them out where a machine word has 64 bits, least significant first.
static_assert(std::endian::native == std::endian::little && sizeof(std::size_t) == 8);

constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::uint32_t kDataVersion = 1;
constexpr std::uint16_t kBranch = 0x01, kLeaf = 0x02, kOverflow = 0x04, kMeta = 0x08;
constexpr std::uint16_t kBigData = 0x01;
constexpr std::uint16_t kIntegerKeys = 0x08;
constexpr std::uint16_t kMadeByFileName =
    0x4000;  // MDB_NOSUBDIR, noted when an environment is made: means nothing
constexpr std::size_t kHeaderSize = 16;
constexpr std::size_t kNodeHeaderSize = 8;
constexpr std::size_t kLongestKey = 511;
constexpr std::uint64_t kFirstPage = 2;

// Offsets in a page.
constexpr std::size_t kNumberAt = 0, kFlagsAt = 10, kLowerAt = 12, kUpperAt = 14, kOverflowPagesAt = 12;
// Offsets in a meta page.
constexpr std::size_t kMagicAt = 16, kVersionAt = 20, kFreeTreeAt = 40, kRowTreeAt = 88, kLastPageAt = 136,
                      kTransactionAt = 144;
// Offsets in the description of a tree.
constexpr std::size_t kTreePageSizeAt = 0, kTreeFlagsAt = 4, kTreeDepthAt = 6, kTreeRootAt = 40;

template <class Number>
Number number_at(const char* bytes, std::size_t offset) {
  Number number;
  std::memcpy(&number, bytes + offset, sizeof number);
  return number;
}

std::size_t even(std::size_t size) {
  return (size + 1) & ~std::size_t{1};
}

[[noreturn]] void fail(std::uint64_t page, std::string_view reason) {
  throw PageError(format_text("its page {} is damaged ({})", page, reason));
}

bool is_before(Pages::Tree tree, std::string_view a, std::string_view b) {
  if (tree == Pages::Tree::rows) return a < b;
  return number_at<std::uint64_t>(a.data(), 0) < number_at<std::uint64_t>(b.data(), 0);
}

}  // namespace

Pages::Pages(File file, std::size_t page_size, std::uint64_t largest_map)
    : file_(file), page_size_(page_size), largest_page_(largest_map / page_size - 1) {
  if (file_.size() < kFirstPage * page_size_) fail(0, "the file is too short");
  const std::uint64_t first = check_meta(0), second = check_meta(1);
  // Each commit writes the older one, perhaps at this moment.
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
  // Commits take turns with the two.
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

/// How many nodes it has. `height`: 1 for a leaf.
std::size_t Pages::check(Tree tree, std::uint64_t page, unsigned height) {
  const bool is_leaf = height == 1;
  if (checked_.empty()) checked_.resize(current_.last_page / 64 + 1);
  if (page < kFirstPage || page > current_.last_page) fail(page, "there is no such page");
  const std::uint64_t bit = std::uint64_t{1} << (page % 64);
  const std::uint16_t flags = number_at<std::uint16_t>(at(page), kFlagsAt);
  if (flags != (is_leaf ? kLeaf : kBranch)) fail(page, "of another kind than its place demands");
  if ((checked_[page / 64] & bit) != 0) return count(page);
  const std::size_t nodes = check_nodes(tree, page, is_leaf);
  checked_[page / 64] |= bit;
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
  // LMDB asserts the second one, but not of the tree of free pages.
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
    const bool has_key = is_leaf || i > 0;  // the first key of a branch is not looked at
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
  return {bytes + kHeaderSize, node.size};
}

/// A page that is right in itself may be another's: its keys lie between those that lead to it.
void Pages::check_between(std::uint64_t parent, std::size_t index, std::size_t nodes, std::uint64_t child,
                          unsigned height) const {
  const bool is_leaf = height == 1;
  const std::size_t last = count(child) - 1;
  if (index > 0 && (is_leaf || last > 0) &&
      node(child, is_leaf ? 0 : 1, is_leaf).key < node(parent, index, false).key)
    fail(child, "its keys are before its place");
  if (index + 1 < nodes && (is_leaf || last > 0) &&
      !(node(child, last, is_leaf).key < node(parent, index + 1, false).key))
    fail(child, "its keys are behind its place");
}

std::optional<std::string_view> Pages::get(std::string_view key) {
  Cursor cursor(*this);
  const auto found = cursor.at_or_after(key);
  if (!found || found->first != key) return std::nullopt;
  return found->second;
}

void Pages::check_leftmost(std::uint64_t page, unsigned height) {
  for (; height >= 1; --height) {
    check(Tree::rows, page, height);
    if (height > 1) page = node(page, 0, false).page;
  }
}

void Pages::check_around(std::string_view key) {
  if (!around_last_.empty() && around_first_ <= key && key <= around_last_) return;
  Cursor cursor(*this);
  if (!cursor.descend(key)) return;
  const unsigned depth = cursor.length_;
  for (unsigned level = 0; level < depth; ++level) {
    const unsigned height = depth - level;
    check_leftmost(cursor.path_[level].page, height);
    for (const bool forwards : {false, true}) {
      Cursor beside = cursor;
      beside.length_ = level + 1;
      // Of the level's page the neighbour, not the next entry in it.
      beside.path_[level].index = forwards ? beside.path_[level].count - 1 : 0;
      if (beside.move(level, forwards)) check_leftmost(beside.path_[level].page, height);
    }
  }
  // LMDB follows a value's pages to free them.
  const Cursor::Step& leaf = cursor.path_[depth - 1];
  for (std::size_t i = 0; i < leaf.count; ++i) (void)value_of(node(leaf.page, i, true));
  around_first_ = node(leaf.page, 0, true).key;
  around_last_ = node(leaf.page, leaf.count - 1, true).key;
}

std::vector<std::uint64_t> Pages::free_list(const Node& node) const {
  const std::string_view bytes = value_of(node);
  const std::size_t room = bytes.size() / sizeof(std::uint64_t);
  if (room == 0 || bytes.size() % sizeof(std::uint64_t) != 0)
    throw PageError("its list of free pages is damaged");
  const auto number = [&](std::size_t i) { return number_at<std::uint64_t>(bytes.data(), i * 8); };
  if (number(0) > room - 1) throw PageError("its list of free pages is damaged");
  std::vector<std::uint64_t> pages;
  pages.reserve(number(0));
  std::uint64_t above = current_.last_page + 1;
  for (std::size_t i = 1; i <= number(0); ++i) {
    const std::uint64_t page = number(i);
    if (page < kFirstPage || page >= above) throw PageError("its list of free pages is damaged");
    pages.push_back(page);
    above = page;
  }
  return pages;
}

void Pages::check_free_pages() {
  Cursor cursor(*this, Tree::free_pages);
  for (auto entry = cursor.first(); entry; entry = cursor.next()) {
    const Cursor::Step& leaf = cursor.path_[cursor.length_ - 1];
    free_list(node(leaf.page, leaf.index, true));
  }
}

void Pages::use(std::vector<bool>& used, std::uint64_t page, std::uint64_t pages) const {
  for (const std::uint64_t end = page + pages; page < end; ++page) {
    if (page >= used.size()) fail(page, "there is no such page");
    if (used[page]) fail(page, "it has two uses");
    used[page] = true;
  }
}

void Pages::use_all(Tree tree, std::uint64_t page, unsigned height, std::vector<bool>& used) {
  const std::size_t nodes = check(tree, page, height);
  use(used, page);
  for (std::size_t i = 0; i < nodes; ++i) {
    const Node found = node(page, i, height == 1);
    if (height > 1) {
      use_all(tree, found.page, height - 1, used);
      continue;
    }
    if (found.is_big) {
      (void)big_value(found);
      use(used, found.page, number_at<std::uint32_t>(at(found.page), kOverflowPagesAt));
    }
    if (tree == Tree::free_pages)
      for (const std::uint64_t free : free_list(found)) use(used, free);
  }
}

void Pages::check_all() {
  std::vector<bool> used(current_.last_page + 1);
  for (const Tree tree : {Tree::rows, Tree::free_pages})
    if (root(tree).page != kNoPage) use_all(tree, root(tree).page, root(tree).depth, used);
  // Pages are in order within; here, from one to the next.
  Cursor cursor(*this);
  std::string_view before;
  for (auto entry = cursor.first(); entry; entry = cursor.next()) {
    if (entry->first <= before) throw PageError("its keys are not in order");
    before = entry->first;
  }
}

void Pages::salvage_below(std::uint64_t page, unsigned height, std::vector<bool>& seen,
                          const std::function<void(std::string_view, std::string_view)>& visit) {
  std::size_t nodes = 0;
  try {
    nodes = check(Tree::rows, page, height);
  } catch (const PageError&) {
    return;
  }
  if (seen[page]) return;
  seen[page] = true;
  for (std::size_t i = 0; i < nodes; ++i) {
    const Node found = node(page, i, height == 1);
    if (height > 1) {
      salvage_below(found.page, height - 1, seen, visit);
      continue;
    }
    try {
      visit(found.key, value_of(found));
    } catch (const PageError&) {
      continue;
    }
  }
}

void Pages::salvage(const std::function<void(std::string_view, std::string_view)>& visit) {
  std::vector<bool> seen(current_.last_page + 1);
  if (current_.rows.page != kNoPage) salvage_below(current_.rows.page, current_.rows.depth, seen, visit);
}

void Pages::Cursor::push(std::uint64_t page, bool to_end) {
  const unsigned height = pages_.root(tree_).depth - length_;
  const std::size_t count = pages_.check(tree_, page, height);
  path_[length_++] = {page, to_end ? count - 1 : 0, count};
}

/// From the last step down to a leaf, along one edge.
void Pages::Cursor::fall(bool to_end) {
  while (length_ < pages_.root(tree_).depth) push_child(to_end);
}

/// The page that the last step, in a branch, leads to.
void Pages::Cursor::push_child(bool to_end) {
  const Step parent = path_[length_ - 1];
  const std::uint64_t page = pages_.node(parent.page, parent.index, false).page;
  push(page, to_end);
  if (tree_ == Tree::rows)
    pages_.check_between(parent.page, parent.index, parent.count, page,
                         pages_.root(tree_).depth - length_ + 1);
}

/// To the leaf that has the key, or would. False: there is none. The index in the leaf may be its end.
bool Pages::Cursor::descend(std::string_view key) {
  const Root& root = pages_.root(tree_);
  length_ = 0;
  if (root.page == kNoPage) return false;
  push(root.page, false);
  while (true) {
    Step& step = path_[length_ - 1];
    const bool is_leaf = length_ == root.depth;
    // The first node that is not before the key, of a leaf; the last that is not after it, of a branch.
    std::size_t low = is_leaf ? 0 : 1, high = step.count;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      const std::string_view found = pages_.node(step.page, middle, is_leaf).key;
      const bool goes_right = is_leaf ? found < key : !(key < found);
      (goes_right ? low : high) = goes_right ? middle + 1 : middle;
    }
    step.index = is_leaf ? low : low - 1;
    if (is_leaf) return true;
    push_child(false);
  }
}

/// The step at `level` goes to the next page of its level, or entry of its leaf. False: there is none.
bool Pages::Cursor::move(unsigned level, bool forwards) {
  unsigned turn = level + 1;
  while (turn > 0) {
    const Step& step = path_[turn - 1];
    if (forwards ? step.index + 1 < step.count : step.index > 0) break;
    --turn;
  }
  if (turn == 0) return false;
  path_[turn - 1].index += forwards ? 1 : std::size_t(-1);
  length_ = turn;
  while (length_ <= level) push_child(!forwards);
  return true;
}

Pages::Entry Pages::Cursor::entry() const {
  const Step& step = path_[length_ - 1];
  const Node found = pages_.node(step.page, step.index, true);
  return {found.key, pages_.value_of(found)};
}

std::optional<Pages::Entry> Pages::Cursor::step(bool forwards) {
  if (length_ == 0) return std::nullopt;
  const Step& leaf = path_[length_ - 1];
  const std::string_view before =
      leaf.index < leaf.count ? pages_.node(leaf.page, leaf.index, true).key : std::string_view();
  if (!move(length_ - 1, forwards)) return std::nullopt;
  const Entry found = entry();
  // A page in another's place can be right in itself. A walk that goes back would never end.
  const bool is_in_order = before.empty() || (forwards ? is_before(tree_, before, found.first)
                                                       : is_before(tree_, found.first, before));
  if (!is_in_order) fail(path_[length_ - 1].page, "its keys do not follow those of the page before");
  return found;
}

std::optional<Pages::Entry> Pages::Cursor::at_or_after(std::string_view key) {
  if (!descend(key)) return std::nullopt;
  Step& leaf = path_[length_ - 1];
  if (leaf.index < leaf.count) return entry();
  leaf.index = leaf.count - 1;
  return step(true);
}

std::optional<Pages::Entry> Pages::Cursor::first() {
  length_ = 0;
  if (pages_.root(tree_).page == kNoPage) return std::nullopt;
  push(pages_.root(tree_).page, false);
  fall(false);
  return entry();
}

std::optional<Pages::Entry> Pages::Cursor::last() {
  length_ = 0;
  if (pages_.root(tree_).page == kNoPage) return std::nullopt;
  push(pages_.root(tree_).page, true);
  fall(true);
  return entry();
}

std::optional<Pages::Entry> Pages::Cursor::next() {
  return step(true);
}
std::optional<Pages::Entry> Pages::Cursor::previous() {
  return step(false);
}

}  // namespace envstore::index

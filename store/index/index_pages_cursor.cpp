#include "store/index/index_page_format.h"
#include "store/index/index_pages.h"

namespace envstore::index {

using namespace page_format;

void Pages::Cursor::push(std::uint64_t page, bool to_end) {
  const unsigned height = pages_.root(tree_).depth - length_;
  const std::size_t count = pages_.check(tree_, page, height);
  path_[length_++] = {page, to_end ? count - 1 : 0, count};
}

/// Descends from the last step to a leaf, along the first or the last child.
void Pages::Cursor::fall(bool to_end) {
  while (length_ < pages_.root(tree_).depth) push_child(to_end);
}

/// Adds a step for the child page that the last step, in a branch, refers to.
void Pages::Cursor::push_child(bool to_end) {
  const Step parent = path_[length_ - 1];
  const std::uint64_t page = pages_.node(parent.page, parent.index, false).page;
  push(page, to_end);
  if (tree_ == Tree::rows)
    pages_.check_between(parent.page, parent.index, parent.count, page,
                         pages_.root(tree_).depth - length_ + 1);
}

/// Descends to the leaf that has the key, or would have it. False: the tree is empty. The index in the leaf
/// may be one past its last entry.
bool Pages::Cursor::descend(std::string_view key) {
  const Root& root = pages_.root(tree_);
  length_ = 0;
  if (root.page == kNoPage) return false;
  push(root.page, false);
  while (true) {
    Step& step = path_[length_ - 1];
    const bool is_leaf = length_ == root.depth;
    // In a leaf, the first node that is not less than the key; in a branch, the last node that is not
    // greater.
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

/// Moves the step at `level` to the next page of that level, or at the leaf level to the next entry. False:
/// there is none.
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
  // A page at a wrong position can be correct in itself. A walk that it led back to an earlier key would
  // never end.
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

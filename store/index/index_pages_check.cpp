#include "store/index/index_page_format.h"
#include "store/index/index_pages.h"

namespace envstore::index {

using namespace page_format;

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
      // The neighbour of the page at this level, not the next entry in the page.
      beside.path_[level].index = forwards ? beside.path_[level].count - 1 : 0;
      if (beside.move(level, forwards)) check_leftmost(beside.path_[level].page, height);
    }
  }
  // LMDB reads the overflow pages of a value to free them.
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
  const Root root = current_.free_pages;
  if (root.page == kNoPage) return;
  std::vector<bool> free(current_.last_page + 1);
  use_all(Tree::free_pages, root.page, root.depth, free);
  Cursor cursor(*this, Tree::free_pages);  // this checks the order from page to page
  for (auto entry = cursor.first(); entry; entry = cursor.next())
    if (number_at<std::uint64_t>(entry->first.data(), 0) > current_.transaction)
      throw PageError("its list of free pages is of no commit");
  free_ = std::move(free);
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
  // Each page is checked for order already; this checks the order from page to page.
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

}  // namespace envstore::index

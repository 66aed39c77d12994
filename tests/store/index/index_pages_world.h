#pragma once
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/index/index_page_format.h"
#include "store/index/index_pages.h"

namespace envstore::index {

struct TreeRoot {
  std::uint64_t page = ~std::uint64_t{0};
  std::uint16_t depth = 0;
};

/// A hand-written environment with small pages, in which a test can change every byte.
class PagesWorld {
 public:
  static constexpr std::size_t kPageSize = 256;
  static constexpr std::uint64_t kLargestMap = 1024 * kPageSize;
  using Rows = std::vector<std::pair<std::string, std::string>>;
  using Children = std::vector<std::pair<std::string, std::uint64_t>>;

  explicit PagesWorld(std::uint64_t pages) : bytes_(pages * kPageSize, '\0'), last_page_(pages - 1) {}

  template <class Number>
  void set(std::uint64_t page, std::size_t offset, Number number) {
    std::memcpy(bytes_.data() + page * kPageSize + offset, &number, sizeof number);
  }
  template <class Number>
  Number get(std::uint64_t page, std::size_t offset) const {
    return page_format::number_at<Number>(bytes_.data() + page * kPageSize, offset);
  }
  std::string& bytes() { return bytes_; }

  void meta(std::uint64_t transaction, TreeRoot rows, TreeRoot free_pages = {}) {
    using namespace page_format;
    const std::uint64_t page = transaction % 2;
    head(page, kMeta);
    set(page, kMagicAt, kMagic);
    set(page, kVersionAt, kDataVersion);
    set(page, kFreeTreeAt + kTreePageSizeAt, static_cast<std::uint32_t>(kPageSize));
    set(page, kFreeTreeAt + kTreeFlagsAt, kIntegerKeys);
    tree(page, kFreeTreeAt, free_pages);
    tree(page, kRowTreeAt, rows);
    set(page, kLastPageAt, last_page_);
    set(page, kTransactionAt, transaction);
  }
  void leaf(std::uint64_t page, const Rows& rows) {
    begin(page, page_format::kLeaf);
    for (const auto& [key, value] : rows) node(page, static_cast<std::uint32_t>(value.size()), 0, key, value);
  }
  void branch(std::uint64_t page, const Children& children) {
    begin(page, page_format::kBranch);
    for (const auto& [key, child] : children) node(page, static_cast<std::uint32_t>(child), 0, key, {});
  }
  /// Appends to a leaf a row whose value is in overflow pages, from `first` on.
  void big_row(std::uint64_t page, std::string_view key, std::string_view value, std::uint64_t first) {
    std::string number(sizeof first, '\0');
    std::memcpy(number.data(), &first, sizeof first);
    node(page, static_cast<std::uint32_t>(value.size()), page_format::kBigData, key, number);
    head(first, page_format::kOverflow);
    const auto pages = (page_format::kHeaderSize + value.size() + kPageSize - 1) / kPageSize;
    set(first, page_format::kOverflowPagesAt, static_cast<std::uint32_t>(pages));
    value.copy(bytes_.data() + first * kPageSize + page_format::kHeaderSize, value.size());
  }
  /// Writes a leaf of the tree of free pages: for each transaction, the pages that it freed, the last page
  /// first.
  void free_leaf(std::uint64_t page,
                 const std::vector<std::pair<std::uint64_t, std::vector<std::uint64_t>>>& lists) {
    Rows rows;
    for (const auto& [transaction, pages] : lists) {
      std::string value = number_text(pages.size());
      for (const std::uint64_t free : pages) value += number_text(free);
      rows.emplace_back(number_text(transaction), value);
    }
    leaf(page, rows);
  }

  Pages::File file() const { return std::as_bytes(std::span(bytes_.data(), bytes_.size())); }
  Pages pages() const { return Pages(file(), kPageSize, kLargestMap); }

  static std::string number_text(std::uint64_t number) {
    std::string text(sizeof number, '\0');
    std::memcpy(text.data(), &number, sizeof number);
    return text;
  }

 private:
  void head(std::uint64_t page, std::uint16_t flags) {
    set(page, page_format::kNumberAt, page);
    set(page, page_format::kFlagsAt, flags);
  }
  void begin(std::uint64_t page, std::uint16_t flags) {
    head(page, flags);
    set(page, page_format::kLowerAt, static_cast<std::uint16_t>(page_format::kHeaderSize));
    set(page, page_format::kUpperAt, static_cast<std::uint16_t>(kPageSize));
  }
  void tree(std::uint64_t page, std::size_t offset, TreeRoot tree) {
    set(page, offset + page_format::kTreeDepthAt, tree.depth);
    set(page, offset + page_format::kTreeRootAt, tree.page);
  }
  void node(std::uint64_t page, std::uint32_t low, std::uint16_t flags, std::string_view key,
            std::string_view content) {
    const auto lower = get<std::uint16_t>(page, page_format::kLowerAt);
    const std::size_t size =
        (page_format::kNodeHeaderSize + key.size() + content.size() + 1) & ~std::size_t{1};
    const auto offset = static_cast<std::uint16_t>(get<std::uint16_t>(page, page_format::kUpperAt) - size);
    set(page, lower, offset);
    set(page, page_format::kLowerAt, static_cast<std::uint16_t>(lower + 2));
    set(page, page_format::kUpperAt, offset);
    set(page, offset, low);
    set(page, offset + 4, flags);
    set(page, offset + 6, static_cast<std::uint16_t>(key.size()));
    char* at = bytes_.data() + page * kPageSize + offset + page_format::kNodeHeaderSize;
    key.copy(at, key.size());
    content.copy(at + key.size(), content.size());
  }

  std::string bytes_;
  std::uint64_t last_page_;
};

using RowMap = std::map<std::string, std::string, std::less<>>;

// The pages of a_world(), and their content.
inline constexpr std::uint64_t kRoot = 2, kLeft = 3, kMiddle = 4, kRight = 5, kBig = 6, kFreeRoot = 8,
                               kFree = 9, kFreeToo = 10, kPages = 11;
inline const std::string kBigValue(300, 'v');  // two pages

/// Three leaves below one branch, a value of two pages, two free pages.
inline PagesWorld a_world() {
  PagesWorld world(kPages);
  world.meta(6, {kRoot, 2});
  world.meta(7, {kRoot, 2}, {kFreeRoot, 1});
  world.branch(kRoot, {{"", kLeft}, {"d", kMiddle}, {"g", kRight}});
  world.leaf(kLeft, {{"a", "1"}, {"b", ""}, {"c", "333"}});
  world.leaf(kMiddle, {{"d", "4"}, {"e", "5"}});
  world.big_row(kMiddle, "f", kBigValue, kBig);
  world.leaf(kRight, {{"g", "7"}, {"h", "8"}});
  world.free_leaf(kFreeRoot, {{5, {kFree}}, {7, {kFreeToo}}});
  return world;
}

inline const RowMap kRows = {{"a", "1"}, {"b", ""},        {"c", "333"}, {"d", "4"},
                             {"e", "5"}, {"f", kBigValue}, {"g", "7"},   {"h", "8"}};

inline bool is_damaged(const std::function<void()>& work) {
  try {
    work();
  } catch (const PageError&) {
    return true;
  }
  return false;
}

struct Damage {
  const char* what;
  std::function<void(PagesWorld&)> make;
};

/// Offset, in a leaf or branch, of a node.
inline std::size_t node_of(const PagesWorld& world, std::uint64_t page, std::size_t index) {
  return world.get<std::uint16_t>(page, page_format::kHeaderSize + 2 * index);
}

inline RowMap walk(Pages& pages) {
  RowMap rows;
  Pages::Cursor cursor(pages);
  for (auto entry = cursor.first(); entry; entry = cursor.next()) rows.emplace(entry->first, entry->second);
  return rows;
}

inline RowMap salvaged(Pages pages) {
  RowMap rows;
  pages.salvage([&](std::string_view key, std::string_view value) { rows.emplace(key, value); });
  return rows;
}

}  // namespace envstore::index

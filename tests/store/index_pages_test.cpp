#include <doctest/doctest.h>
#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "index_pages_world.h"

using namespace envstore::index;
using namespace page_format;

namespace {

constexpr std::size_t kRowRootAt = kRowTreeAt + kTreeRootAt, kRowDepthAt = kRowTreeAt + kTreeDepthAt;
constexpr std::uint64_t kRoot = 2, kLeft = 3, kMiddle = 4, kRight = 5, kBig = 6, kFreeRoot = 8, kFree = 9,
                        kFreeToo = 10, kPages = 11;
const std::string kBigValue(300, 'v');  // two pages

/// Three leaves below one branch, a value of two pages, two free pages.
PagesWorld a_world() {
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

const std::map<std::string, std::string, std::less<>> kRows = {
    {"a", "1"}, {"b", ""}, {"c", "333"}, {"d", "4"}, {"e", "5"}, {"f", kBigValue}, {"g", "7"}, {"h", "8"}};

/// Offset, in a leaf or branch, of a node.
std::size_t node_of(const PagesWorld& world, std::uint64_t page, std::size_t index) {
  return world.get<std::uint16_t>(page, kHeaderSize + 2 * index);
}

std::map<std::string, std::string, std::less<>> walk(Pages& pages) {
  std::map<std::string, std::string, std::less<>> rows;
  Pages::Cursor cursor(pages);
  for (auto entry = cursor.first(); entry; entry = cursor.next()) rows.emplace(entry->first, entry->second);
  return rows;
}

std::map<std::string, std::string, std::less<>> salvaged(Pages pages) {
  std::map<std::string, std::string, std::less<>> rows;
  pages.salvage([&](std::string_view key, std::string_view value) { rows.emplace(key, value); });
  return rows;
}

bool is_damaged(const std::function<void()>& work) {
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

}  // namespace

TEST_CASE("every row of a sound environment is found, forwards and backwards") {
  const PagesWorld world = a_world();
  Pages pages = world.pages();
  CHECK_NOTHROW(pages.check_all());
  CHECK_NOTHROW(pages.check_free_pages());
  CHECK(walk(pages) == kRows);
  CHECK(salvaged(pages) == kRows);
  for (const auto& [key, value] : kRows) {
    CAPTURE(key);
    CHECK(pages.get(key) == value);
    CHECK_FALSE(pages.get(key + "+").has_value());
    CHECK_NOTHROW(pages.check_around(key));
  }
  Pages::Cursor cursor(pages);
  auto expected = kRows.rbegin();
  for (auto entry = cursor.last(); entry; entry = cursor.previous(), ++expected)
    CHECK(entry->first == expected->first);
  CHECK(expected == kRows.rend());
}

TEST_CASE("a cursor stops at the first row that is not before a key") {
  const PagesWorld world = a_world();
  Pages pages = world.pages();
  Pages::Cursor cursor(pages);
  CHECK(cursor.at_or_after("b")->first == "b");
  CHECK(cursor.at_or_after("c+")->first == "d");  // the next leaf
  CHECK(cursor.previous()->first == "c");
  CHECK(cursor.at_or_after("")->first == "a");
  CHECK_FALSE(cursor.at_or_after("i").has_value());
}

TEST_CASE("an environment without rows is empty") {
  PagesWorld world(2);
  world.meta(0, {});
  world.meta(1, {});
  Pages pages = world.pages();
  CHECK_NOTHROW(pages.check_all());
  CHECK_NOTHROW(pages.check_free_pages());
  CHECK_NOTHROW(pages.check_around("a"));
  CHECK_FALSE(pages.get("a").has_value());
  Pages::Cursor cursor(pages);
  CHECK_FALSE(cursor.first().has_value());
  CHECK_FALSE(cursor.last().has_value());
  CHECK_FALSE(cursor.next().has_value());
}

TEST_CASE("the meta page of the later transaction is the current one") {
  PagesWorld world = a_world();
  CHECK(world.pages().transaction() == 7);
  world.meta(8, {kLeft, 1});
  Pages pages = world.pages();
  CHECK(pages.transaction() == 8);
  CHECK_FALSE(pages.get("d").has_value());
}

TEST_CASE("a damaged meta page is refused when the file is opened") {
  const Damage damages[] = {
      {"the file ends in the second page", [](auto& w) { w.bytes().resize(2 * PagesWorld::kPageSize - 1); }},
      {"the file is empty", [](auto& w) { w.bytes().clear(); }},
      {"another number", [](auto& w) { w.set(0, kNumberAt, std::uint64_t{1}); }},
      {"the two are swapped",
       [](auto& w) {
         std::swap_ranges(w.bytes().begin(), w.bytes().begin() + 256, w.bytes().begin() + 256);
       }},
      {"another flag", [](auto& w) { w.set(1, kFlagsAt, kLeaf); }},
      {"another magic number", [](auto& w) { w.set(0, kMagicAt, kMagic + 1); }},
      {"another version", [](auto& w) { w.set(1, kVersionAt, kDataVersion + 1); }},
      {"another page size", [](auto& w) { w.set(1, kFreeTreeAt + kTreePageSizeAt, 4096U); }},
      {"free pages under no numbers",
       [](auto& w) { w.set(1, kFreeTreeAt + kTreeFlagsAt, std::uint16_t{0}); }},
      {"rows under numbers", [](auto& w) { w.set(1, kRowTreeAt + kTreeFlagsAt, kIntegerKeys); }},
      {"a transaction of the other one", [](auto& w) { w.set(1, kTransactionAt, std::uint64_t{8}); }},
      {"transactions far apart", [](auto& w) { w.set(1, kTransactionAt, std::uint64_t{9}); }},
      {"a last page outside of the largest map",
       [](auto& w) { w.set(1, kLastPageAt, PagesWorld::kLargestMap / PagesWorld::kPageSize); }},
      {"rows without depth", [](auto& w) { w.set(1, kRowDepthAt, std::uint16_t{0}); }},
      {"depth without rows", [](auto& w) { w.set(1, kRowRootAt, ~std::uint64_t{0}); }},
      {"deeper than LMDB goes", [](auto& w) { w.set(1, kRowDepthAt, std::uint16_t{32}); }},
  };
  for (const auto& [what, make] : damages) {
    CAPTURE(what);
    PagesWorld world = a_world();
    make(world);
    CHECK(is_damaged([&] { world.pages(); }));
  }
}

TEST_CASE("a damaged page is refused by every way that leads to it, and spares the rows of other pages") {
  const Damage damages[] = {
      {"zeros", [](auto& w) { std::fill_n(w.bytes().begin() + kMiddle * 256, 256, '\0'); }},
      {"another number", [](auto& w) { w.set(kMiddle, kNumberAt, std::uint64_t{kRight}); }},
      {"another kind", [](auto& w) { w.set(kMiddle, kFlagsAt, kBranch); }},
      {"a further flag", [](auto& w) { w.set(kMiddle, kFlagsAt, std::uint16_t{kLeaf | 0x20}); }},
      {"no nodes", [](auto& w) { w.set(kMiddle, kLowerAt, std::uint16_t{kHeaderSize}); }},
      {"half a node", [](auto& w) { w.set(kMiddle, kLowerAt, std::uint16_t{kHeaderSize + 5}); }},
      {"lower inside the header", [](auto& w) { w.set(kMiddle, kLowerAt, std::uint16_t{2}); }},
      {"lower above upper", [](auto& w) { w.set(kMiddle, kLowerAt, std::uint16_t{254}); }},
      {"upper outside", [](auto& w) { w.set(kMiddle, kUpperAt, std::uint16_t{258}); }},
      {"room that no node uses", [](auto& w) { w.set(kMiddle, kUpperAt, std::uint16_t{100}); }},
      {"a node outside", [](auto& w) { w.set(kMiddle, kHeaderSize, std::uint16_t{250}); }},
      {"a node in the header", [](auto& w) { w.set(kMiddle, kHeaderSize, std::uint16_t{8}); }},
      {"two nodes in one place",
       [](auto& w) { w.set(kMiddle, kHeaderSize, w.template get<std::uint16_t>(kMiddle, 18)); }},
      {"a key outside", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 0) + 6, std::uint16_t{200}); }},
      {"a key longer than LMDB has",
       [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 0) + 6, std::uint16_t{600}); }},
      {"a key of no length", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 0) + 6, std::uint16_t{0}); }},
      {"a value outside", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 0), std::uint32_t{4000}); }},
      {"a value of another kind",
       [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 0) + 4, std::uint16_t{2}); }},
      {"keys out of order", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 0) + 8, 'z'); }},
      {"keys before its place", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 0) + 8, 'a'); }},
      {"keys behind its place", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 2) + 8, 'x'); }},
  };
  for (const auto& [what, make] : damages) {
    CAPTURE(what);
    PagesWorld world = a_world();
    make(world);
    CHECK(is_damaged([&] { world.pages().check_all(); }));
    CHECK(is_damaged([&] { world.pages().get("d"); }));
    CHECK(is_damaged([&] { world.pages().check_around("d"); }));
    CHECK(is_damaged([&] { world.pages().check_around("a"); }));  // a neighbour
    CHECK(is_damaged([&] {
      Pages pages = world.pages();
      walk(pages);
    }));
    Pages pages = world.pages();
    CHECK(pages.get("a") == "1");
    CHECK(pages.get("h") == "8");
    const auto rest = salvaged(world.pages());
    for (const char* key : {"a", "b", "c", "g", "h"}) CHECK(rest.contains(key));
  }
}

TEST_CASE("a damaged branch is refused") {
  const Damage damages[] = {
      {"one child",
       [](auto& w) {
         w.branch(kRoot, {{"", kLeft}});
       }},
      {"a child that is not there",
       [](auto& w) { w.set(kRoot, node_of(w, kRoot, 1), static_cast<std::uint32_t>(kPages)); }},
      {"a child beyond 32 bits", [](auto& w) { w.set(kRoot, node_of(w, kRoot, 1) + 4, std::uint16_t{1}); }},
      {"a meta page as child", [](auto& w) { w.set(kRoot, node_of(w, kRoot, 1), std::uint32_t{1}); }},
      {"itself as child",
       [](auto& w) { w.set(kRoot, node_of(w, kRoot, 1), static_cast<std::uint32_t>(kRoot)); }},
      {"children that changed places",
       [](auto& w) {
         w.branch(kRoot, {{"", kLeft}, {"d", kRight}, {"g", kMiddle}});
       }},
      {"one child twice",
       [](auto& w) {
         w.branch(kRoot, {{"", kLeft}, {"d", kMiddle}, {"g", kMiddle}});
       }},
      {"keys out of order",
       [](auto& w) {
         w.branch(kRoot, {{"", kLeft}, {"g", kMiddle}, {"d", kRight}});
       }},
  };
  for (const auto& [what, make] : damages) {
    CAPTURE(what);
    PagesWorld world = a_world();
    make(world);
    CHECK(is_damaged([&] { world.pages().check_all(); }));
    CHECK(is_damaged([&] {
      Pages pages = world.pages();
      walk(pages);
    }));
    CHECK_NOTHROW(salvaged(world.pages()));
  }
}

TEST_CASE("a value of several pages is read only where all of them are its own") {
  const Damage damages[] = {
      {"another number", [](auto& w) { w.set(kBig, kNumberAt, std::uint64_t{kBig + 1}); }},
      {"another kind", [](auto& w) { w.set(kBig, kFlagsAt, kLeaf); }},
      {"too few pages", [](auto& w) { w.set(kBig, kOverflowPagesAt, std::uint32_t{1}); }},
      {"more pages than there are", [](auto& w) { w.set(kBig, kOverflowPagesAt, ~std::uint32_t{0}); }},
      {"a page of the two first",
       [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 2) + 9, std::uint64_t{1}); }},
      {"a page that is not there",
       [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 2) + 9, std::uint64_t{1} << 60); }},
      {"longer than its pages", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 2), ~std::uint32_t{0}); }},
  };
  for (const auto& [what, make] : damages) {
    CAPTURE(what);
    PagesWorld world = a_world();
    make(world);
    CHECK(is_damaged([&] { world.pages().get("f"); }));
    CHECK(is_damaged([&] { world.pages().check_all(); }));
    CHECK(is_damaged([&] { world.pages().check_around("d"); }));  // LMDB follows them to free them
    Pages pages = world.pages();
    CHECK(pages.get("e") == "5");
    CHECK(salvaged(world.pages()).size() == kRows.size() - 1);
  }
}

TEST_CASE("a list of free pages that LMDB would be led astray by is refused") {
  const Damage damages[] = {
      {"longer than its value",
       [](auto& w) { w.set(kFreeRoot, node_of(w, kFreeRoot, 0) + 16, std::uint64_t{2}); }},
      {"a page that is not there",
       [](auto& w) {
         w.free_leaf(kFreeRoot, {{5, {kPages}}});
       }},
      {"a meta page",
       [](auto& w) {
         w.free_leaf(kFreeRoot, {{5, {kFree, 1}}});
       }},
      {"the lower page first",
       [](auto& w) {
         w.free_leaf(kFreeRoot, {{5, {kFree, kFreeToo}}});
       }},
      {"a page twice in one",
       [](auto& w) {
         w.free_leaf(kFreeRoot, {{5, {kFree, kFree}}});
       }},
      {"a page in two",
       [](auto& w) {
         w.free_leaf(kFreeRoot, {{5, {kFree}}, {7, {kFreeToo, kFree}}});
       }},
      {"its own page",
       [](auto& w) {
         w.free_leaf(kFreeRoot, {{5, {kFreeRoot}}});
       }},
      {"of a commit to come",
       [](auto& w) {
         w.free_leaf(kFreeRoot, {{8, {kFree}}});
       }},
      {"under a key that is no number",
       [](auto& w) {
         w.leaf(kFreeRoot, {{"short", "value"}});
       }},
      {"keys out of order",
       [](auto& w) {
         w.free_leaf(kFreeRoot, {{7, {kFree}}, {5, {kFreeToo}}});
       }},
      {"no page of such a tree", [](auto& w) { w.set(kFreeRoot, kFlagsAt, kOverflow); }},
  };
  for (const auto& [what, make] : damages) {
    CAPTURE(what);
    PagesWorld world = a_world();
    make(world);
    CHECK(is_damaged([&] { world.pages().check_free_pages(); }));
    Pages pages = world.pages();
    CHECK(walk(pages) == kRows);
  }
}

TEST_CASE("a row in a page that is free is damage as soon as LMDB would write") {
  for (const std::uint64_t page : {kRoot, kLeft, kBig, kBig + 1}) {
    CAPTURE(page);
    PagesWorld world = a_world();
    world.free_leaf(kFreeRoot, {{5, {page}}});
    CHECK(is_damaged([&] { world.pages().check_all(); }));
    Pages pages = world.pages();
    pages.check_free_pages();
    CHECK(is_damaged([&] { pages.check_around(page == kLeft ? "a" : "f"); }));
  }
}

TEST_CASE("a tree of rows that is also the tree of free pages is damaged") {
  PagesWorld world(3);
  world.leaf(2, {{"k", "v"}});
  world.meta(1, {2, 1}, {2, 1});
  world.meta(0, {});
  Pages pages = world.pages();
  CHECK(pages.get("k") == "v");  // right as a page of rows
  CHECK(is_damaged([&] { pages.check_free_pages(); }));
  CHECK(is_damaged([&] { world.pages().check_all(); }));
}

TEST_CASE("the pages that LMDB looks at beside a row are checked, and no others") {
  PagesWorld world(9);
  world.meta(0, {});
  world.meta(1, {2, 2});
  world.branch(2, {{"", 3}, {"c", 4}, {"e", 5}, {"g", 6}});
  world.leaf(3, {{"a", ""}, {"b", ""}});
  world.leaf(4, {{"c", ""}, {"d", ""}});
  world.leaf(5, {{"e", ""}, {"f", ""}});
  world.leaf(6, {{"g", ""}, {"h", ""}});
  world.set(6, kFlagsAt, kOverflow);
  Pages pages = world.pages();
  CHECK_NOTHROW(pages.check_around("a"));
  CHECK_NOTHROW(pages.check_around("c"));
  CHECK(is_damaged([&] { pages.check_around("e"); }));
}

TEST_CASE("a file that ends early gives the rows before its end") {
  PagesWorld world = a_world();
  world.bytes().resize(kRight * PagesWorld::kPageSize + 100);
  Pages pages = world.pages();
  CHECK(pages.get("d") == "4");
  CHECK(is_damaged([&] { pages.get("g"); }));
  CHECK(is_damaged([&] { pages.get("f"); }));
  CHECK(salvaged(pages).size() == 5);
}

TEST_CASE("whatever byte of a file is another, every way through it ends in rows or in a PageError") {
  std::mt19937 random(8);
  const PagesWorld whole = a_world();
  for (std::size_t at = 0; at < kPages * PagesWorld::kPageSize; ++at)
    for (const int change : {0x01, 0x80, 0xFF, static_cast<int>(random() % 255 + 1)}) {
      PagesWorld world = whole;
      world.bytes()[at] = static_cast<char>(world.bytes()[at] ^ change);
      const auto tried = [&](const std::function<void(Pages&)>& work) {
        return is_damaged([&] {
          Pages pages = world.pages();
          work(pages);
        });
      };
      tried([](Pages& pages) { pages.check_all(); });
      tried([](Pages& pages) { pages.check_free_pages(); });
      tried([](Pages& pages) {
        const std::size_t rows = walk(pages).size();
        CHECK(rows <= kRows.size());
      });
      tried([](Pages& pages) {
        const std::size_t rows = salvaged(pages).size();
        CHECK(rows <= kRows.size());
      });
      for (const auto& [key, value] : kRows)
        tried([&](Pages& pages) {
          pages.check_around(key);
          pages.get(key);
        });
    }
}

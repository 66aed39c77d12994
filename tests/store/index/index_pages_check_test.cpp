#include <doctest/doctest.h>
#include <random>

#include "index_pages_world.h"

using namespace envstore::index;
using namespace page_format;

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
  for (const Damage& damage : damages) {
    CAPTURE(damage.what);
    PagesWorld world = a_world();
    damage.make(world);
    CHECK(is_damaged([&] { world.pages().check_free_pages(); }));
    Pages pages = world.pages();
    CHECK(walk(pages) == kRows);
  }
}

TEST_CASE("leaves of free pages that were exchanged are refused") {
  PagesWorld world(kPages);
  world.meta(6, {});
  world.meta(7, {}, {2, 2});
  const std::string none = PagesWorld::number_text(0);
  world.branch(2, {{"", 3}, {PagesWorld::number_text(5), 4}});
  world.leaf(3, {{PagesWorld::number_text(4), none}});
  world.leaf(4, {{PagesWorld::number_text(5), none}});
  CHECK_NOTHROW(world.pages().check_free_pages());
  world.branch(2, {{"", 4}, {PagesWorld::number_text(5), 3}});
  CHECK(is_damaged([&] { world.pages().check_free_pages(); }));
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
  const std::string short_key = "\1", empty_list = PagesWorld::number_text(0);
  world.leaf(2, {{short_key, empty_list}});
  world.meta(1, {2, 1}, {2, 1});
  world.meta(0, {});
  Pages pages = world.pages();
  CHECK(pages.get(short_key) == empty_list);  // valid as a page of rows
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
      for (const auto& row : kRows)
        tried([&](Pages& pages) {
          pages.check_around(row.first);
          pages.get(row.first);
        });
    }
}

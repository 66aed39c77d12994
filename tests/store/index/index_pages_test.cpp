#include <doctest/doctest.h>
#include <algorithm>

#include "index_pages_world.h"

using namespace envstore::index;
using namespace page_format;

namespace {

constexpr std::size_t kRowRootAt = kRowTreeAt + kTreeRootAt, kRowDepthAt = kRowTreeAt + kTreeDepthAt;

}  // namespace

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
  for (const Damage& damage : damages) {
    CAPTURE(damage.what);
    PagesWorld world = a_world();
    damage.make(world);
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
      {"keys before its position", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 0) + 8, 'a'); }},
      {"keys after its position", [](auto& w) { w.set(kMiddle, node_of(w, kMiddle, 2) + 8, 'x'); }},
  };
  for (const Damage& damage : damages) {
    CAPTURE(damage.what);
    PagesWorld world = a_world();
    damage.make(world);
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
  for (const Damage& damage : damages) {
    CAPTURE(damage.what);
    PagesWorld world = a_world();
    damage.make(world);
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
  for (const Damage& damage : damages) {
    CAPTURE(damage.what);
    PagesWorld world = a_world();
    damage.make(world);
    CHECK(is_damaged([&] { world.pages().get("f"); }));
    CHECK(is_damaged([&] { world.pages().check_all(); }));
    CHECK(is_damaged([&] { world.pages().check_around("d"); }));  // LMDB reads overflow pages to free them
    Pages pages = world.pages();
    CHECK(pages.get("e") == "5");
    CHECK(salvaged(world.pages()).size() == kRows.size() - 1);
  }
}

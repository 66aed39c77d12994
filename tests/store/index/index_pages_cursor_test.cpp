#include <doctest/doctest.h>

#include "index_pages_world.h"

using namespace envstore::index;
using namespace page_format;

TEST_CASE("every row of a sound environment is found, forwards and backwards") {
  const PagesWorld world = a_world();
  Pages pages = world.pages();
  CHECK_NOTHROW(pages.check_all());
  CHECK_NOTHROW(pages.check_free_pages());
  CHECK(walk(pages) == kRows);
  CHECK(salvaged(pages) == kRows);
  for (const auto& row : kRows) {
    const std::string& key = row.first;
    CAPTURE(key);
    CHECK(pages.get(key) == row.second);
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

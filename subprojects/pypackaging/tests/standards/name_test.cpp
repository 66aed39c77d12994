#include "pypackaging/name.h"

#include <doctest/doctest.h>

using namespace pypackaging;

TEST_CASE("names are normalised to lower case with single dashes") {
  for (const char* name : {"friendly-bard", "Friendly-Bard", "FRIENDLY-BARD", "friendly.bard",
                           "friendly_bard", "friendly--bard", "FrIeNdLy-._.-bArD"})
    CHECK(normalize_name(name) == "friendly-bard");
  CHECK(normalize_name("") == "");
  CHECK(normalize_name("a-_.") == "a-");
}

TEST_CASE("names consist of letters, digits and inner separators") {
  for (const char* name : {"a", "1", "A-b", "a..b", "zope.interface", "0-9_z"}) CHECK(is_valid_name(name));
  for (const char* name : {"", "-a", "a-", ".", "a b", "a/b", "\xC3\xA9", "a\n", "_a"})
    CHECK(!is_valid_name(name));
  CHECK(!is_valid_name(std::string_view("a\0b", 3)));
}

TEST_CASE("an invalid name is refused where it goes wrong") {
  CHECK(parse_name("Foo_Bar").value() == "foo-bar");
  CHECK(parse_name("").error().position == 0);
  CHECK(parse_name("-a").error().position == 0);
  CHECK(parse_name("ab-").error().position == 2);
  CHECK(parse_name("ab/c").error().position == 2);
}

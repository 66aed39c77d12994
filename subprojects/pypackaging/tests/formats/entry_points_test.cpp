#include <doctest/doctest.h>

#include "pypackaging/metadata.h"

using namespace pypackaging;

TEST_CASE("indented files are read, because older tools wrote what the author had indented") {
  const auto groups =
      parse_entry_points("\n    [console_scripts]\n    a = b:c\n    d = e:f\n      g = h:i\n\n");
  REQUIRE(groups);
  CHECK(groups->at("console_scripts").size() == 3);
}

TEST_CASE("a deeper line without an equals sign continues the value") {
  const auto groups = parse_entry_points("[own]\nname = some\n  words\n; note\n  more\n");
  REQUIRE(groups);
  CHECK(groups->at("own")[0].module == "some\nwords\nmore");
  CHECK_FALSE(parse_entry_points("[own]\nname = some\nwords\n").has_value());
  CHECK_FALSE(parse_entry_points("[own]\nname = some\n[other]\n  words\n").has_value());
}

TEST_CASE("groups may occur twice, and foreign groups may repeat a name") {
  const auto groups = parse_entry_points("[a]\nx = m:f\n[b]\n[a]\nx = n:g\ny = n:h\n");
  REQUIRE(groups);
  CHECK(groups->at("a").size() == 3);
  CHECK(groups->at("b").empty());
}

TEST_CASE("a script may be repeated as it is, but has one meaning") {
  const auto same = parse_entry_points("[console_scripts]\na = b:c\na = b:c\n");
  REQUIRE(same);
  CHECK(same->at("console_scripts").size() == 1);
  CHECK_FALSE(parse_entry_points("[console_scripts]\na = b:c\na = b:d\n").has_value());
  CHECK(parse_entry_points("[console_scripts]\na = b:c\n[gui_scripts]\na = b:d\n").has_value());
}

TEST_CASE("a script's name is a file's name") {
  for (const char* name : {"../x", "x/y", "..", ".", "a\\b", "a\tb", "/x"}) {
    CAPTURE(name);
    CHECK_FALSE(parse_entry_points("[gui_scripts]\n" + std::string(name) + " = b:c\n").has_value());
  }
  CHECK(parse_entry_points("[console_scripts]\npip3.11 = b:c\n[paths]\na/b = c\n").has_value());
}

TEST_CASE("identifiers beyond ASCII are names of objects") {
  const auto groups = parse_entry_points("[console_scripts]\na = b\xC3\xA9:\xC3\xA9t\xC3\xA9\n");
  REQUIRE(groups);
  CHECK(groups->at("console_scripts")[0].module == "b\xC3\xA9");
}

TEST_CASE("every truncated length of entry_points.txt is read or refused within the text") {
  const std::string whole = "[console_scripts]\na = b.c:d [e, f]\n# x\n[g]\nh = i\n  j\n";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const auto groups = parse_entry_points(std::string_view(whole).substr(0, length));
    if (!groups) CHECK(groups.error().position <= length);
  }
}

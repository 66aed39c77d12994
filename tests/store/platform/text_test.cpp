#include "store/platform/text.h"

#include <doctest/doctest.h>

#include "store/platform/path_parts.h"

using namespace envstore;

TEST_CASE("white space is taken off both ends and nowhere else") {
  CHECK(trimmed(" \t a b\r\n\f\v") == "a b");
  CHECK(trimmed(" \n\t").empty());
  CHECK(trimmed("").empty());
  CHECK(trimmed("a") == "a");
}

TEST_CASE("only the named characters count as white space") {
  CHECK(trimmed("\va ", " ") == "\va");
}

TEST_CASE("only ASCII letters are lowered") {
  CHECK(to_lower("AZaz@[09") == "azaz@[09");
  CHECK(to_lower("\xC3\x84") == "\xC3\x84");
}

TEST_CASE("a path is its directory and its name") {
  CHECK(directory_of("/a/b") == "/a");
  CHECK(directory_of("/a") == "/");
  CHECK(directory_of("/") == "/");
  CHECK(name_of("/a/b") == "b");
  CHECK(name_of("b") == "b");
  CHECK(name_of("/a/").empty());
}

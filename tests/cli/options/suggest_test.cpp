#include "cli/options/suggest.h"

#include <doctest/doctest.h>

using namespace envstore;

TEST_CASE("a swap of neighbours is one mistake") {
  CHECK(edit_distance("with", "wiht") == 1);
  CHECK(edit_distance("run", "run") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("only what is near enough is suggested") {
  const std::vector<std::string> known = {"run", "ls", "config", "doctor"};
  CHECK(nearest_word("rnu", known) == "run");
  CHECK(nearest_word("confg", known) == "config");
  CHECK(nearest_word("docter", known) == "doctor");
  CHECK(nearest_word("pizza", known) == std::nullopt);
  CHECK(nearest_word("", known) == std::nullopt);
  CHECK(nearest_word(std::string(100000, 'x'), known) == std::nullopt);
}

TEST_CASE("of equally near words the one that begins alike is suggested") {
  const std::vector<std::string> known = {"--exec", "--exact"};
  CHECK(nearest_word("--exat", known) == "--exact");
  CHECK(nearest_word("--exac", known) == "--exact");
  CHECK(nearest_word("--exe", known) == "--exec");
  CHECK(nearest_word("--eaxct", known) == "--exact");
}

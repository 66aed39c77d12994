#include "pypackaging/script.h"

#include <doctest/doctest.h>

using namespace pypackaging;

namespace {

std::optional<std::string> toml(std::string_view script) {
  const auto block = find_script_block(script);
  REQUIRE(block.has_value());
  if (!*block) return std::nullopt;
  return (*block)->toml;
}

}  // namespace

TEST_CASE("the block's comment prefixes are taken off") {
  CHECK(toml("# /// script\n# a = 1\n#\n#  b = 2\n# ///\nprint()\n") == "a = 1\n\n b = 2\n");
}

TEST_CASE("the block may be anywhere and has its first line") {
  const auto block = find_script_block("#!/usr/bin/env python\n\n# /// script\n# a = 1\n# ///\n");
  REQUIRE((block && *block));
  CHECK((*block)->first_line == 4);
}

TEST_CASE("files with CRLF and files without a last line end are read too") {
  CHECK(toml("# /// script\r\n# a = 1\r\n# ///\r\n") == "a = 1\n");
  CHECK(toml("# /// script\n# a = 1\n# ///") == "a = 1\n");
}

TEST_CASE("a closing line inside the comment run is content when another one follows") {
  CHECK(toml("# /// script\n# a = 1\n# ///\n# b = 2\n# ///\n") == "a = 1\n///\nb = 2\n");
}

TEST_CASE("blocks of other types are passed over, together with what they hold") {
  CHECK(toml("# /// other\n# a = 1\n# ///\n") == std::nullopt);
  CHECK(toml("# /// other\n# /// script\n# a = 1\n# ///\n") == std::nullopt);
  CHECK(toml("# /// other\n# a\n# ///\n\n# /// script\n# b = 1\n# ///\n") == "b = 1\n");
}

TEST_CASE("what only looks like a block is none") {
  for (const char* text :
       {"", "print('# /// script')\n", " # /// script\n# a = 1\n# ///\n", "#/// script\n# a = 1\n# ///\n",
        "# /// script \n# a = 1\n# ///\n", "# ///  script\n# a = 1\n# ///\n",
        "# /// scr_ipt\n# a = 1\n# ///\n", "# /// script\n# ///\n"}) {
    CAPTURE(text);
    CHECK(toml(text) == std::nullopt);
  }
}

TEST_CASE("an unclosed block and a second block are errors where they begin") {
  const auto open = find_script_block("x = 1\n# /// script\n# a = 1\nprint()\n# ///\n");
  REQUIRE_FALSE(open.has_value());
  CHECK(open.error().position == 6);
  const auto missing_prefix = find_script_block("# /// script\n# a = 1\n#b = 2\n# ///\n");
  CHECK_FALSE(missing_prefix.has_value());
  const auto two = find_script_block("# /// script\n# a = 1\n# ///\n\n# /// script\n# b = 1\n# ///\n");
  REQUIRE_FALSE(two.has_value());
  CHECK(two.error().position == 28);
}

TEST_CASE("a byte order mark and lone carriage returns are read as Python reads them") {
  CHECK(toml("\xEF\xBB\xBF# /// script\n# a = 1\n# ///\n") == "a = 1\n");
  CHECK(toml("# /// script\r# a = 1\r# ///\r") == "a = 1\n");
}

TEST_CASE("a hundred thousand openings in one run of comments cost one pass") {
  std::string script;
  for (int i = 0; i < 100'000; ++i) script += "# /// x\n";
  CHECK(toml(script) == std::nullopt);
}

TEST_CASE("every truncated length of a script is read or refused within it") {
  const std::string whole = "x = 1\n# /// script\n# a = 1\n#\n# ///\n";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const auto block = find_script_block(std::string_view(whole).substr(0, length));
    if (!block) CHECK(block.error().position == 6);
  }
}

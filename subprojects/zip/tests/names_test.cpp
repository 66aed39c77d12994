#include "zip/names.h"

#include <doctest/doctest.h>

#include <string>

using zip::is_safe_name;

TEST_CASE("relative paths in UTF-8 are safe names") {
  for (const char* const name :
       {"a", "a/b.py", "a b", "\xc3\xa9", "..a", "a..", "__pycache__/a.pyc", "\xf0\x9f\x90\x8d"})
    CHECK_MESSAGE(is_safe_name(name), name);
}

TEST_CASE("names that leave the directory, or mean something else elsewhere, are not safe") {
  for (const char* const name : {"", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\\b", "..\\a"})
    CHECK_MESSAGE(!is_safe_name(name), name);
}

TEST_CASE("control characters and malformed UTF-8 are not safe") {
  for (const char* const name : {"a\nb", "a\x1b[2J", "a\x7f", "a\xc2\x9b", "\xff", "\xc3", "\xc0\xaf",
                                 "\xed\xa0\x80", "\xf4\x90\x80\x80"})
    CHECK_MESSAGE(!is_safe_name(name), name);
  CHECK_FALSE(is_safe_name(std::string_view("a\0b", 3)));
}

TEST_CASE("each limit of length holds") {
  CHECK(is_safe_name(std::string(255, 'a')));
  CHECK_FALSE(is_safe_name(std::string(256, 'a')));
  std::string deep = "a";
  for (int slashes = 0; slashes < 100; ++slashes) deep += "/a";
  CHECK(is_safe_name(deep));
  CHECK_FALSE(is_safe_name(deep + "/a"));
  std::string longest(250, 'a');
  while (longest.size() < 3500 - 251) longest += "/" + std::string(250, 'a');
  CHECK(is_safe_name(longest));
  CHECK_FALSE(is_safe_name(longest + "/" + std::string(250, 'a')));
}

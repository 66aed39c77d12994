#include <doctest/doctest.h>

#include "http/url.h"

using namespace http;

TEST_CASE("references are resolved as RFC 3986 section 5.4 lists them") {
  const Url base = *Url::parse("http://a/b/c/d;p?q");
  const std::pair<const char*, const char*> table[] = {
      {"g", "http://a/b/c/g"},      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},    {"/g", "http://a/g"},
      {"//g", "http://g"},          {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},  {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},  {";x", "http://a/b/c/;x"},
      {"", "http://a/b/c/d;p?q"},   {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},     {"../..", "http://a/"},
      {"../../g", "http://a/g"},    {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},       {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},    {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"}, {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"}, {"g;x=1/./y", "http://a/b/c/g;x=1/y"}};
  for (const auto& row : table) {
    const auto url = resolve_url(base, row.first);
    REQUIRE(url);
    CHECK_MESSAGE(url->text() == row.second, row.first);
  }
}

TEST_CASE("credentials of a page are not handed on to what it links to") {
  CHECK(resolve_url(*Url::parse("https://me:pw@h/a/"), "b")->text() == "https://h/a/b");
}

TEST_CASE("what was parsed is written as it was read") {
  for (const char* text : {"file:///a/b", "file:a/b", "file:a//b", "https://[::1]:8/x?y#z", "https://h",
                           "a:b", "a:", "a:////b", "a://u@/b", "file://u@h/b"})
    CHECK_MESSAGE(Url::parse(text)->text() == text, text);
}

TEST_CASE("an origin has its port, so the same host on another port is another one") {
  CHECK(Url::parse("https://H/")->origin() == "https://h:443");
  CHECK(Url::parse("http://h:8080/")->origin() == "http://h:8080");
  CHECK(Url::parse("https://[::1]:9/")->origin() == "https://[::1]:9");
}

TEST_CASE("what is no address is refused") {
  for (const char* text : {"http://a:b:80/", "http://a[b]/", "x://a:1:/", "http://[::1]x:1/"})
    CHECK_MESSAGE(!Url::parse(text), text);
  for (const char* text : {"", "x", "/x", "https://", "https://h:x/", "https://h:70000/", "https://a b/",
                           "https://h\n/", "https://[::1/"})
    CHECK_MESSAGE(!Url::parse(text), text);
}

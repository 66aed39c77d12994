#include <doctest/doctest.h>

#include "python/network/url.h"

using namespace envstore;

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

TEST_CASE("credentials are cut out and never handed on to what a page links to") {
  CHECK(without_credentials("https://me:pw@h/x?a=b@c") == "https://h/x?a=b@c");
  CHECK(without_credentials("https://me:p@w@h/x") == "https://h/x");
  CHECK(without_credentials("https://h/x@y") == "https://h/x@y");
  CHECK(resolve_url(*Url::parse("https://me:pw@h/a/"), "b")->text() == "https://h/a/b");
}

TEST_CASE("an origin has its port, so the same host on another port is another one") {
  CHECK(Url::parse("https://H/")->origin() == "https://h:443");
  CHECK(Url::parse("http://h:8080/")->origin() == "http://h:8080");
  CHECK(Url::parse("https://[::1]:9/")->origin() == "https://[::1]:9");
}

TEST_CASE("what is no address is refused") {
  for (const char* text : {"", "x", "/x", "https://", "https://h:x/", "https://h:70000/", "https://a b/",
                           "https://h\n/", "https://[::1/"})
    CHECK_MESSAGE(!Url::parse(text), text);
}

TEST_CASE("file addresses become paths and come back") {
  CHECK(local_path("file:///a%20b/c") == "/a b/c");
  CHECK(local_path("file://localhost/a") == "/a");
  CHECK(local_path("/a") == "/a");
  CHECK(!local_path("file://elsewhere/a"));
  CHECK(!local_path("file:///a%00b"));
  CHECK(!local_path("https://h/a"));
  CHECK(local_path(file_url("/a b%#?/ü")) == "/a b%#?/ü");
}

TEST_CASE("what is shown of an address has no user, no password and no secret of its query") {
  CHECK(without_credentials("https://me:pw@host/simple/?format=json&token=s3cret#x") ==
        "https://host/simple/?format=json&token=#x");
  CHECK(without_credentials("https://host/x.whl?X-Amz-Signature=1&x-goog-credential=2&sig=3") ==
        "https://host/x.whl?X-Amz-Signature=&x-goog-credential=&sig=");
  CHECK(without_credentials("https://host/x?page=2") == "https://host/x?page=2");
}

TEST_CASE("the key of an address tells users and tokens apart, not passwords, and holds none of them") {
  const std::string key = address_key("https://me:first@host/simple/");
  CHECK(key == address_key("https://me:second@host/simple/"));
  CHECK(key != address_key("https://you:first@host/simple/"));
  CHECK(key != address_key("https://host/simple/"));
  CHECK(address_key("https://host/simple/") == "https://host/simple/");
  CHECK(address_key("https://host/?token=a") != address_key("https://host/?token=b"));
  CHECK(address_key("https://tok-en-1@host/?token=tok-en-2").find("tok-en") == std::string::npos);
}

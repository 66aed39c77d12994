#include "python/network/url.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;

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
  CHECK(without_credentials("https://me:pw@h/x?a=b@c") == "https://h/x?a=b@c");
  CHECK(without_credentials("https://me:p@w@h/x") == "https://h/x");
  CHECK(without_credentials("https://h/x@y") == "https://h/x@y");
  CHECK(without_credentials("https://me:pw@host/simple/?format=json&token=s3cret#x") ==
        "https://host/simple/?format=json&token=#x");
  CHECK(without_credentials("https://host/x.whl?X-Amz-Signature=1&x-goog-credential=2&sig=3") ==
        "https://host/x.whl?X-Amz-Signature=&x-goog-credential=&sig=");
  CHECK(without_credentials("https://host/x?page=2") == "https://host/x?page=2");
}

TEST_CASE("the key of an address differs by user and token, not by password, and contains neither") {
  const std::string key = address_key("https://me:first@host/simple/");
  CHECK(key == address_key("https://me:second@host/simple/"));
  CHECK(key != address_key("https://you:first@host/simple/"));
  CHECK(key != address_key("https://host/simple/"));
  CHECK(address_key("https://host/simple/") == "https://host/simple/");
  CHECK(address_key("https://host/?token=a") != address_key("https://host/?token=b"));
  CHECK(address_key("https://tok-en-1@host/?token=tok-en-2").find("tok-en") == std::string::npos);
}

TEST_CASE("an address without its scheme is not taken for a path, because it may hold a password") {
  for (const char* text :
       {"//user:pw@host/simple", "//host:80/simple", "user@host:80", "user:pw@host/simple"})
    CHECK_MESSAGE(lacks_scheme(text), text);
  for (const char* text : {"https://user:pw@host", "/a/b@c:d", "./wheels", "wheels", "a/b:c@d", "//folder"})
    CHECK_MESSAGE(!lacks_scheme(text), text);
  CHECK(is_index_address("https://host/simple"));
  CHECK(is_index_address("user:pw@host/simple"));
  CHECK_FALSE(is_index_address("../wheels"));
}

TEST_CASE("the address of an index is http, https or a file; blanks are encoded") {
  CHECK(checked_index_address(" https://host/a b ") == "https://host/a%20b");
  CHECK(checked_index_address("file:///d/wheels") == "file:///d/wheels");
  for (const char* text : {"ftp://host/simple", "host/simple", "", "https://"})
    CHECK_THROWS_AS(checked_index_address(text), Error);
}

TEST_CASE("the message for an invalid address does not repeat it") {
  try {
    checked_index_address("htps://user:secret@host/");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("secret") == std::string::npos);
  }
}

#include <doctest/doctest.h>

#include "origin_credentials.h"

using namespace http;

namespace {
Url url(const char* text) {
  return *Url::parse(text);
}
void tell(OriginCredentials& credentials, const char* text) {
  Url address = url(text);
  credentials.take_from(address);
  REQUIRE(!address.userinfo);
}
}  // namespace

TEST_CASE("credentials reach other paths of their origin and no other origin") {
  OriginCredentials known({});
  tell(known, "https://me:p%40w@h/simple/a/");
  CHECK(known.find(url("https://h/files/x"))->password == "p@w");
  for (const char* other : {"http://h/files/x", "https://h:8443/files/x", "https://h.evil/x", "https://x.h/"})
    CHECK_MESSAGE(!known.find(url(other)), other);
}

TEST_CASE("of two at one origin the nearer one is taken") {
  OriginCredentials known({});
  tell(known, "https://one:1@h/team1/simple/a/");
  tell(known, "https://one:1@h/team1/simple/b/");
  tell(known, "https://two:2@h/team2/simple/a/");
  CHECK(known.find(url("https://h/team1/files/x"))->user == "one");
  CHECK(known.find(url("https://h/team2/files/x"))->user == "two");
}

TEST_CASE("the keyring is called once per origin, and not where there are credentials") {
  int asked = 0;
  OriginCredentials known([&](const std::string& origin) -> std::optional<Credentials> {
    ++asked;
    if (origin == "https://good:443") return Credentials{"u", "p"};
    return std::nullopt;
  });
  CHECK(known.ask(url("https://good/a")));
  CHECK(known.ask(url("https://good/b")));
  CHECK(known.find(url("https://good/c"))->user == "u");
  CHECK(!known.ask(url("https://bad/a")));
  CHECK(!known.ask(url("https://bad/b")));
  CHECK(asked == 2);
}

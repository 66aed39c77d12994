#include <doctest/doctest.h>

#include "python/network/origin_credentials.h"
#include "python/network/retry.h"

using namespace envstore;
using std::chrono::milliseconds;

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

TEST_CASE("the keyring is asked once an origin, and not where there are credentials") {
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

TEST_CASE("waiting grows, is never more than half again as long, and the server's word counts") {
  std::minstd_rand random(1);
  for (int i = 0; i < 100; ++i) {
    const auto first = *retry_delay(1, {}, random), third = *retry_delay(3, {}, random);
    CHECK((first >= milliseconds{200} && first <= milliseconds{300}));
    CHECK((third >= milliseconds{800} && third <= milliseconds{1200}));
  }
  CHECK(*retry_delay(1, std::chrono::seconds{0}, random) == milliseconds{0});
  CHECK(*retry_delay(1, std::chrono::seconds{5}, random) == milliseconds{5000});
  CHECK(!retry_delay(1, std::chrono::seconds{3600}, random));
}

TEST_CASE("only what passes is tried again") {
  for (const int status : {408, 429, 500, 502, 503, 504}) CHECK(is_passing_status(status));
  for (const int status : {200, 301, 400, 401, 403, 404, 410, 501, 505}) CHECK(!is_passing_status(status));
}

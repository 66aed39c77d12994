#include "python/index/http_settings.h"

#include <doctest/doctest.h>

#include <map>

#include "store/platform/error.h"

using namespace envstore;

namespace {

HttpSettings settings_of(const std::map<std::string, std::string>& variables) {
  return http_settings([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

}  // namespace

TEST_CASE("a user lengthens all that a server may take, pip's setting its silence alone") {
  CHECK(settings_of({}).stall_timeout_seconds == 30);
  CHECK(settings_of({}).patience_seconds == 30);
  CHECK(settings_of({{"PIP_DEFAULT_TIMEOUT", "180"}}).stall_timeout_seconds == 180);
  CHECK(settings_of({{"PIP_DEFAULT_TIMEOUT", "180"}}).patience_seconds == 30);
  CHECK(settings_of({{"PIP_DEFAULT_TIMEOUT", "15.5"}}).stall_timeout_seconds == 15);
  for (const char* const name : {"UV_HTTP_TIMEOUT", "ENVSTORE_HTTP_TIMEOUT"}) {
    const HttpSettings settings = settings_of({{"PIP_DEFAULT_TIMEOUT", "180"}, {name, "7"}});
    CHECK(settings.stall_timeout_seconds == 7);
    CHECK(settings.patience_seconds == 7);
    CHECK(settings.connect_timeout_seconds == 7);
    CHECK(settings_of({{name, ""}}).patience_seconds == 30);
  }
}

TEST_CASE("a time limit that is none is an error that names its variable") {
  for (const char* const name :
       {"UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT", "ENVSTORE_HTTP_TIMEOUT", "PIP_DEFAULT_TIMEOUT"})
    for (const char* const text : {"0", "soon", "5s", "-1", "1.x", "86401"})
      CHECK_THROWS_WITH_AS(settings_of({{name, text}}), doctest::Contains(name), Error);
  CHECK(settings_of({{"PIP_DEFAULT_TIMEOUT", "0.5"}}).stall_timeout_seconds == 1);
}

TEST_CASE("the first variable that is set decides whether the keyring is called") {
  const auto is_asked = [](const std::map<std::string, std::string>& variables) {
    return static_cast<bool>(settings_of(variables).ask_credentials);
  };
  CHECK_FALSE(is_asked({}));
  for (const char* const name : {"ENVSTORE_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER", "PIP_KEYRING_PROVIDER"})
    CHECK(is_asked({{name, "subprocess"}}));
  CHECK_FALSE(is_asked({{"ENVSTORE_KEYRING_PROVIDER", "disabled"}, {"UV_KEYRING_PROVIDER", "subprocess"}}));
}

TEST_CASE("a time limit is a whole number of seconds, at most a day") {
  CHECK(parse_timeout_seconds("1") == 1);
  CHECK(parse_timeout_seconds("86400") == 86400);
  for (const char* const text : {"", "0", "-1", "86401", "5s", "1.5", " 5", "99999999999"})
    CHECK_FALSE(parse_timeout_seconds(text));
}

#include "python/index/http_settings.h"

#include <doctest/doctest.h>

#include <map>

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
  for (const char* const name : {"UV_HTTP_TIMEOUT", "ENVSTORE_HTTP_TIMEOUT"}) {
    const HttpSettings settings = settings_of({{"PIP_DEFAULT_TIMEOUT", "180"}, {name, "7"}});
    CHECK(settings.stall_timeout_seconds == 7);
    CHECK(settings.patience_seconds == 7);
    CHECK(settings.connect_timeout_seconds == 7);
    CHECK(settings_of({{name, "0"}}).patience_seconds == 30);
  }
}

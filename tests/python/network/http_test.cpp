// The program and the network module with a C++ runtime each, as they are installed: what is thrown on one
// side must not pass frames of the other.
#include "python/network/http.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "loopback_server.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

using http::answer;
using http::LoopbackServer;

HttpSettings settings_without_retries() {
  HttpSettings settings;
  settings.user_agent = "test";
  settings.retries = 0;
  return settings;
}

// The first case of the file: an unwinder that has thrown before hides what this one finds.
TEST_CASE("what a callback throws on the network thread comes out of the future") {
  const LoopbackServer server({answer("200 OK", "hello")});
  const auto client = make_http_client(settings_without_retries());
  HttpRequest request{.url = server.url()};
  request.on_body = [](std::uint64_t, std::span<const std::byte>) {
    throw std::length_error("the caller's own");
  };
  std::future<HttpResponse> future = client->start(std::move(request));
  CHECK_THROWS_WITH_AS(future.get(), "the caller's own", std::length_error);
}

TEST_CASE("what on_progress throws comes out of the future") {
  const LoopbackServer server({answer("200 OK", "hello")});
  const auto client = make_http_client(settings_without_retries());
  HttpRequest request{.url = server.url()};
  request.on_progress = [](std::uint64_t received, std::uint64_t total) {
    throw std::out_of_range(std::to_string(received) + " of " + std::to_string(total));
  };
  std::future<HttpResponse> future = client->start(std::move(request));
  CHECK_THROWS_WITH_AS(future.get(), "5 of 5", std::out_of_range);
}

TEST_CASE("if the credentials cannot be obtained, the server's answer stands") {
  const LoopbackServer server({answer("401 Unauthorized")});
  HttpSettings settings = settings_without_retries();
  settings.ask_credentials = [](const std::string&) -> std::optional<Credentials> {
    throw std::runtime_error("the keyring is locked");
  };
  const auto client = make_http_client(settings);
  CHECK(client->start({.url = server.url()}).get().status == 401);
}

TEST_CASE("a failed transfer is an error of kind network with its address") {
  const auto client = make_http_client(settings_without_retries());
  std::future<HttpResponse> future = client->start({.url = "ftp://127.0.0.1/file"});
  try {
    future.get();
    FAIL("ftp must be refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::network);
    CHECK(std::string_view(error.what()) ==
          "cannot fetch 'ftp://127.0.0.1/file': it is no http or https address");
  }
}

TEST_CASE("a body arrives whole, in the answer and through the callback") {
  const LoopbackServer server({answer("200 OK", "hello")});
  const auto client = make_http_client(settings_without_retries());
  std::string seen;
  HttpRequest request{.url = server.url()};
  request.on_body = [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    seen.resize(offset);
    seen.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const HttpResponse response = client->start(std::move(request)).get();
  CHECK(response.status == 200);
  CHECK(response.body == "hello");
  CHECK(seen == "hello");
}

}  // namespace
}  // namespace envstore

// The program and the network module with a C++ runtime each, as they are installed: what is thrown on one
// side must not pass frames of the other.
#include "python/network/http.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "store/platform/error.h"

namespace envstore {
namespace {

/// Answers one connection on loopback with the same bytes, then closes it.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 1) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~OneAnswer() {
    thread_.join();
    close(listener_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/file"; }

 private:
  void serve() {
    const int connection = accept(listener_, nullptr, nullptr);
    std::string request;
    char buffer[1024];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = read(connection, buffer, sizeof buffer);
      if (count <= 0) break;
      request.append(buffer, static_cast<std::size_t>(count));
    }
    (void)!write(connection, answer_.data(), answer_.size());
    close(connection);
  }

  std::string answer_;
  int listener_;
  int port_ = 0;
  std::thread thread_;
};

const std::string kFive = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
const std::string kUnauthorized =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

HttpSettings settings_without_retries() {
  HttpSettings settings;
  settings.user_agent = "test";
  settings.retries = 0;
  return settings;
}

// The first case of the file: an unwinder that has thrown before hides what this one finds.
TEST_CASE("what a callback throws on the network thread comes out of the future") {
  const OneAnswer server(kFive);
  const auto client = make_http_client(settings_without_retries());
  HttpRequest request{.url = server.url()};
  request.on_body = [](std::uint64_t, std::span<const std::byte>) {
    throw std::length_error("the caller's own");
  };
  std::future<HttpResponse> answer = client->start(std::move(request));
  CHECK_THROWS_WITH_AS(answer.get(), "the caller's own", std::length_error);
}

TEST_CASE("what on_progress throws comes out of the future") {
  const OneAnswer server(kFive);
  const auto client = make_http_client(settings_without_retries());
  HttpRequest request{.url = server.url()};
  request.on_progress = [](std::uint64_t received, std::uint64_t total) {
    throw std::out_of_range(std::to_string(received) + " of " + std::to_string(total));
  };
  std::future<HttpResponse> answer = client->start(std::move(request));
  CHECK_THROWS_WITH_AS(answer.get(), "5 of 5", std::out_of_range);
}

TEST_CASE("a failure to ask for credentials leaves the answer of the server") {
  const OneAnswer server(kUnauthorized);
  HttpSettings settings = settings_without_retries();
  settings.ask_credentials = [](const std::string&) -> std::optional<Credentials> {
    throw std::runtime_error("the keyring is locked");
  };
  const auto client = make_http_client(settings);
  CHECK(client->start({.url = server.url()}).get().status == 401);
}

TEST_CASE("a failed transfer is an error of kind network with its address") {
  const auto client = make_http_client(settings_without_retries());
  std::future<HttpResponse> answer = client->start({.url = "ftp://127.0.0.1/file"});
  try {
    answer.get();
    FAIL("ftp must be refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::network);
    CHECK(std::string_view(error.what()) ==
          "cannot fetch 'ftp://127.0.0.1/file': it is no http or https address");
  }
}

TEST_CASE("a body arrives whole, in the answer and through the callback") {
  const OneAnswer server(kFive);
  const auto client = make_http_client(settings_without_retries());
  std::string seen;
  HttpRequest request{.url = server.url()};
  request.on_body = [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    seen.resize(offset);
    seen.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const HttpResponse answer = client->start(std::move(request)).get();
  CHECK(answer.status == 200);
  CHECK(answer.body == "hello");
  CHECK(seen == "hello");
}

}  // namespace
}  // namespace envstore

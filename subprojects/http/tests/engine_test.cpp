#include "http/client.h"

#include <fcntl.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>

#include "curl_client.h"
#include "loopback_server.h"

using namespace http;

namespace {

Settings settings_with(int retries) {
  Settings settings;
  settings.user_agent = "test/1";
  settings.retries = retries;
  return settings;
}

class Started {
 public:
  explicit Started(std::vector<std::string> answers, const Settings& settings = settings_with(0))
      : server(std::move(answers)), client(make_client(std::make_unique<CurlClient>(settings))) {}

  Request request(const std::string& path) const { return {.url = server.url() + path}; }
  Response get(const std::string& path) { return client->start(request(path)).get(); }
  Response send(Method method, const std::string& content) {
    Request request = this->request("/x");
    request.method = method;
    request.content = content;
    return client->start(std::move(request)).get();
  }
  Failure failure_of(Request request) {
    try {
      (void)client->start(std::move(request)).get();
    } catch (const Error& error) {
      return error.failure();
    }
    FAIL("the transfer must fail");
    return {};
  }

  LoopbackServer server;
  std::unique_ptr<Client> client;
};

std::string first_line(const Received& received) {
  return received.head.substr(0, received.head.find('\r'));
}

}  // namespace

TEST_CASE("a GET has the answer's status, fields and body") {
  Started started({answer("200 OK", "hello", "X-Name: value\r\n")});
  const Response response = started.get("/a?b=c");
  CHECK(response.status == 200);
  CHECK(response.headers.at("x-name") == "value");
  CHECK(response.body == "hello");
  CHECK(response.effective_url == started.server.url() + "/a?b=c");
  const auto requests = started.server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(first_line(requests[0]) == "GET /a?b=c HTTP/1.1");
  CHECK(requests[0].head.find("User-Agent: test/1") != std::string::npos);
}

TEST_CASE("any final status is an answer") {
  Started started({answer("404 Not Found", "no")});
  const Response response = started.get("/");
  CHECK(response.status == 404);
  CHECK(response.body == "no");
}

TEST_CASE("PUT and POST send their content, DELETE and HEAD none") {
  const std::pair<Method, const char*> table[] = {{Method::put, "PUT"}, {Method::post, "POST"}};
  for (const auto& row : table) {
    const Method method = row.first;
    const std::string name = row.second;
    CAPTURE(name);
    Started started({answer("201 Created")});
    CHECK(started.send(method, "some content").status == 201);
    const auto requests = started.server.requests();
    REQUIRE(requests.size() == 1);
    CHECK(first_line(requests[0]) == name + " /x HTTP/1.1");
    CHECK(requests[0].content == "some content");
  }
  Started removing({answer("204 No Content")});
  CHECK(removing.send(Method::remove, "").status == 204);
  CHECK(first_line(removing.server.requests()[0]) == "DELETE /x HTTP/1.1");
  Started asking({"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n"});
  const Response head = asking.send(Method::head, "");
  CHECK(head.headers.at("content-length") == "1000");
  CHECK(head.body.empty());
  CHECK(first_line(asking.server.requests()[0]) == "HEAD /x HTTP/1.1");
}

TEST_CASE("an empty content is announced as such") {
  Started started({answer("200 OK")});
  CHECK(started.send(Method::put, "").status == 200);
  CHECK(started.server.requests()[0].head.find("Content-Length: 0") != std::string::npos);
}

TEST_CASE("a file is sent from its start, also again after a failure") {
  std::FILE* file = std::tmpfile();
  const std::string content(3 << 20, 'f');
  REQUIRE(std::fwrite(content.data(), 1, content.size(), file) == content.size());
  REQUIRE(std::fflush(file) == 0);
  Started started({answer("503 Busy", "", "Retry-After: 0\r\n"), answer("200 OK")}, settings_with(1));
  Request request = started.request("/up");
  request.method = Method::put;
  request.content_fd = fileno(file);
  request.content_size = content.size();
  CHECK(started.client->start(std::move(request)).get().status == 200);
  const auto requests = started.server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].content == content);
  CHECK(requests[1].content == content);
  CHECK(std::fclose(file) == 0);
}

TEST_CASE("a file that is shorter than announced fails the transfer") {
  std::FILE* file = std::tmpfile();
  REQUIRE(std::fputs("short", file) >= 0);
  REQUIRE(std::fflush(file) == 0);
  Started started({answer("200 OK")});
  Request request = started.request("/up");
  request.method = Method::put;
  request.content_fd = fileno(file);
  request.content_size = 100;
  const Failure failure = started.failure_of(std::move(request));
  CHECK(failure.cause == Cause::file);
  CHECK(failure.reason == "the file to send is shorter than announced");
  CHECK(std::fclose(file) == 0);
}

TEST_CASE("a POST that the server may have acted on is not sent again") {
  Started started({answer("500 Oops", "", "Retry-After: 0\r\n"), answer("200 OK")}, settings_with(3));
  CHECK(started.send(Method::post, "once").status == 500);
  CHECK(started.server.requests().size() == 1);
  Started silent({"", answer("200 OK")}, settings_with(3));
  CHECK_THROWS_AS(silent.send(Method::post, "once"), Error);
  CHECK(silent.server.requests().size() == 1);
  Started busy({answer("429 Slow down", "", "Retry-After: 0\r\n"), answer("200 OK")}, settings_with(3));
  CHECK(busy.send(Method::post, "twice").status == 200);
}

TEST_CASE("a redirect keeps the method, but for 303 and a POST") {
  struct {
    const char* status;
    Method method;
    const char* then;
  } const table[] = {
      {"301 Moved", Method::put, "PUT /y HTTP/1.1"},   {"301 Moved", Method::post, "GET /y HTTP/1.1"},
      {"302 Found", Method::post, "GET /y HTTP/1.1"},  {"303 See", Method::put, "GET /y HTTP/1.1"},
      {"303 See", Method::head, "HEAD /y HTTP/1.1"},   {"307 Again", Method::post, "POST /y HTTP/1.1"},
      {"308 Moved", Method::post, "POST /y HTTP/1.1"}, {"308 Moved", Method::remove, "DELETE /y HTTP/1.1"},
  };
  for (const auto& row : table) {
    CAPTURE(row.status);
    CAPTURE(row.then);
    Started started({answer(row.status, "", "Location: /y\r\n"), answer("200 OK")});
    CHECK(started.send(row.method, row.method == Method::post || row.method == Method::put ? "content" : "")
              .status == 200);
    const auto requests = started.server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(first_line(requests[1]) == row.then);
    CHECK(requests[1].content == (first_line(requests[1]).starts_with('P') ? "content" : ""));
  }
}

TEST_CASE("a redirect in a circle, to another protocol, or without end fails") {
  Started circle({answer("302 Found", "", "Location: /b\r\n"), answer("302 Found", "", "Location: /a\r\n")});
  CHECK(circle.failure_of(circle.request("/a")).cause == Cause::redirect);
  Started other({answer("302 Found", "", "Location: file:///etc/passwd\r\n")});
  CHECK(other.failure_of(other.request("/a")).cause == Cause::redirect);
  std::vector<std::string> many;
  for (int i = 0; i < 12; ++i)
    many.push_back(answer("302 Found", "", "Location: /" + std::to_string(i) + "\r\n"));
  Started endless(many);
  CHECK(endless.failure_of(endless.request("/a")).reason == "it redirects more than 10 times");
}

TEST_CASE("authorization is sent to the origin of the request alone") {
  LoopbackServer other({answer("200 OK")});
  Started started({answer("302 Found", "", "Location: " + other.url() + "/there\r\n")});
  Request request = started.request("/here");
  request.headers = {{"Authorization", "Bearer secret"}, {"X-Plain", "1"}};
  CHECK(started.client->start(std::move(request)).get().status == 200);
  CHECK(started.server.requests()[0].head.find("Bearer secret") != std::string::npos);
  CHECK(other.requests()[0].head.find("secret") == std::string::npos);
  CHECK(other.requests()[0].head.find("X-Plain: 1") != std::string::npos);
}

TEST_CASE("credentials are requested once after a 401") {
  int asked = 0;
  Settings settings = settings_with(0);
  settings.ask_credentials = [&](const std::string&) {
    ++asked;
    return Credentials{"me", "pw"};
  };
  Started started({answer("401 Who"), answer("200 OK"), answer("200 OK")}, settings);
  CHECK(started.get("/a").status == 200);
  CHECK(started.get("/b").status == 200);
  CHECK(asked == 1);
  CHECK(started.server.requests()[1].head.find("Authorization: Basic bWU6cHc=") != std::string::npos);
}

TEST_CASE("a range is requested; a server that ignores it is cut off") {
  Started good({"HTTP/1.1 206 Part\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"});
  Request part = good.request("/f");
  part.range = ByteRange{10, 12};
  CHECK(good.client->start(std::move(part)).get().body == "abc");
  CHECK(good.server.requests()[0].head.find("Range: bytes=10-12") != std::string::npos);
  Started ignoring({answer("200 OK", std::string(1000, 'x'))});
  Request tail = ignoring.request("/f");
  tail.range = ByteRange{std::nullopt, 3};
  const Response response = ignoring.client->start(std::move(tail)).get();
  CHECK(response.status == 200);
  CHECK(response.body.empty());
  CHECK(ignoring.server.requests()[0].head.find("Range: bytes=-3") != std::string::npos);
}

TEST_CASE("a body over the limit fails the transfer") {
  Started started({answer("200 OK", std::string(1000, 'x'))});
  Request request = started.request("/f");
  request.size_limit = 999;
  CHECK(started.failure_of(std::move(request)).cause == Cause::too_large);
}

TEST_CASE("a body that ends early fails the transfer, or is fetched again from its start") {
  const std::string cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nabc";
  Started once({cut});
  CHECK(once.failure_of(once.request("/f")).cause == Cause::cut_short);
  Started twice({cut, answer("200 OK", "0123456789")}, settings_with(1));
  std::vector<std::uint64_t> offsets;
  std::string seen;
  Request request = twice.request("/f");
  request.on_body = [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    offsets.push_back(offset);
    seen.resize(offset);
    seen.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  CHECK(twice.client->start(std::move(request)).get().body == "0123456789");
  CHECK(seen == "0123456789");
  CHECK(std::count(offsets.begin(), offsets.end(), 0U) == 2);
}

TEST_CASE("a body goes to memory or a file if requested") {
  Started to_memory({answer("200 OK", "hello")});
  std::vector<std::byte> memory(5);
  Request request = to_memory.request("/f");
  request.body_memory = memory;
  CHECK(to_memory.client->start(std::move(request)).get().body.empty());
  CHECK(std::string_view(reinterpret_cast<const char*>(memory.data()), 5) == "hello");
  Started to_full({answer("200 OK", "hello")});
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  Request unwritable = to_full.request("/f");
  unwritable.body_fd = full;
  const Failure failure = to_full.failure_of(std::move(unwritable));
  CHECK(failure.cause == Cause::file);
  CHECK(failure.error_number != 0);
  close(full);
}

TEST_CASE("what a callback throws comes out of the future") {
  Started started({answer("200 OK", "hello")});
  Request request = started.request("/f");
  request.on_progress = [](std::uint64_t received, std::uint64_t total) {
    throw std::out_of_range(std::to_string(received) + " of " + std::to_string(total));
  };
  CHECK_THROWS_WITH_AS(started.client->start(std::move(request)).get(), "5 of 5", std::out_of_range);
}

TEST_CASE("a transfer that was given up fails, and so do all when the client is destroyed") {
  Started started({answer("200 OK")});
  const std::atomic<bool> is_given_up = true;
  Request request = started.request("/f");
  request.is_given_up = &is_given_up;
  CHECK(started.failure_of(std::move(request)).cause == Cause::given_up);

  Started silent({}, settings_with(3));
  auto future = silent.client->start(silent.request("/"));
  silent.client.reset();
  CHECK_THROWS_AS(future.get(), Error);
}

TEST_CASE(
    "an address that is not HTTP, a refused connection and a foreign protocol have causes of their own") {
  Started started({"SSH-2.0-OpenSSH\r\n"});
  CHECK(started.failure_of({.url = "ftp://127.0.0.1/x"}).cause == Cause::invalid_request);
  CHECK(started.failure_of({.url = "http://127.0.0.1:1/"}).cause == Cause::not_connected);
  CHECK(started.failure_of(started.request("/")).cause == Cause::not_http);
  Request request = started.request("/");
  request.headers = {{"X", "a\r\nInjected: 1"}};
  CHECK(started.failure_of(std::move(request)).cause == Cause::invalid_request);
}

#include "python/index/http_status.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;

namespace {

HttpResponse with_status(int status, std::string effective_url = {}) {
  HttpResponse response;
  response.status = status;
  response.effective_url = std::move(effective_url);
  return response;
}

Error error_for(const HttpResponse& response, const std::string& url = "https://h.example/simple/a/") {
  try {
    throw_for_status(response, url);
  } catch (const Error& error) {
    return error;
  }
}

}  // namespace

TEST_CASE("only 2xx is a success, and only 404 and 410 mean that there is no such page") {
  for (const int status : {200, 206, 299}) CHECK(is_success(with_status(status)));
  for (const int status : {0, 199, 300, 304, 404}) CHECK_FALSE(is_success(with_status(status)));
  for (const int status : {404, 410}) CHECK(is_not_found(with_status(status)));
  for (const int status : {200, 401, 403, 500}) CHECK_FALSE(is_not_found(with_status(status)));
}

TEST_CASE("the kind of an error follows from the status") {
  CHECK(error_for(with_status(401)).kind() == ErrorKind::permission);
  CHECK(error_for(with_status(404)).kind() == ErrorKind::not_found);
  CHECK(error_for(with_status(410)).kind() == ErrorKind::not_found);
  for (const int status : {304, 400, 403, 407, 429, 500, 503})
    CHECK(error_for(with_status(status)).kind() == ErrorKind::network);
}

TEST_CASE("a message has the status, and a hint where the user can do something") {
  for (const int status : {403, 404, 407, 418, 429, 502}) {
    const std::string message = error_for(with_status(status)).what();
    CHECK(message.starts_with("cannot fetch 'https://h.example/simple/a/': "));
    CHECK(message.find(std::to_string(status)) != std::string::npos);
  }
  for (const int status : {401, 403, 407, 429, 500})
    CHECK_FALSE(error_for(with_status(status)).hint().empty());
  CHECK(error_for(with_status(404)).hint().empty());
}

TEST_CASE("a refused password is not shown, and the server that refused it is the one after redirects") {
  const Error error =
      error_for(with_status(401, "https://files.example/a.whl"), "https://user:secret@h.example/simple/a/");
  const std::string message = error.what();
  CHECK(message.find("secret") == std::string::npos);
  CHECK(message.find("https://files.example:443 ") != std::string::npos);
  CHECK(std::string(error_for(with_status(401)).what()).find("https://h.example:443 requires credentials") !=
        std::string::npos);
}

#include "answer.h"

#include <doctest/doctest.h>

using http::AnswerHead;

namespace {
AnswerHead head_of(std::initializer_list<const char*> lines) {
  AnswerHead head;
  for (const char* line : lines) REQUIRE(head.take(line));
  return head;
}
}  // namespace

TEST_CASE("names are compared without case, and values lose the white space around them") {
  const AnswerHead head = head_of({"HTTP/1.1 200 OK\r\n", "ETag: \t\"x\" \r\n", "\r\n"});
  CHECK(head.status() == 200);
  CHECK(head.fields().at("etag") == "\"x\"");
}

TEST_CASE("the values of a repeated field are joined in their order") {
  CHECK(head_of({"HTTP/2 200\r\n", "Link: a\r\n", "link: b\r\n"}).fields().at("link") == "a, b");
}

TEST_CASE("an informational answer is replaced by the final one") {
  const AnswerHead head =
      head_of({"HTTP/1.1 103 Early Hints\r\n", "X: 1\r\n", "\r\n", "HTTP/1.1 404 No\r\n", "Y: 2\r\n"});
  CHECK(head.status() == 404);
  CHECK(!head.fields().contains("x"));
  CHECK(head.fields().contains("y"));
}

TEST_CASE("a status line that cannot be read has no status") {
  for (const char* line : {"HTTP/", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 abc", "HTTP/1.1 99999999999999"})
    CHECK_MESSAGE(head_of({line}).status() == 0, line);
}

TEST_CASE("the announced size is that of a body that is not encoded") {
  CHECK(head_of({"HTTP/1.1 200 OK", "Content-Length: 12"}).announced_size() == 12);
  CHECK(head_of({"HTTP/1.1 200 OK", "Content-Length: 12", "Content-Encoding: gzip"}).announced_size() == 0);
  CHECK(head_of({"HTTP/1.1 200 OK", "Content-Length: -3"}).announced_size() == 0);
  CHECK(head_of({"HTTP/1.1 200 OK"}).announced_size() == 0);
}

TEST_CASE("headers without end are refused") {
  AnswerHead head;
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  int taken = 0;
  while (taken < 10'000 && head.take(line)) ++taken;
  CHECK(taken > 100);
  CHECK(taken < 1000);
}

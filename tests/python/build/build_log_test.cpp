#include "python/build/build_log.h"

#include <doctest/doctest.h>

#include "tests/store/temporary_directory.h"

using namespace envstore;

TEST_CASE("a log is appended to, remembered and passed on") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/log";
  std::string passed;
  {
    BuildLog log(path, [&](std::string_view text) { passed += text; });
    log.add("one\n");
    log.begin();
    log.add("two\n");
    CHECK(log.tail() == "two\n");
  }
  BuildLog(path, {}).add("three\n");
  CHECK(passed == "one\ntwo\n");
  CHECK(read_file(directory.fd(), "log") == "one\ntwo\nthree\n");
}

TEST_CASE("a log does not grow without end, and its end is remembered") {
  const TemporaryDirectory directory;
  BuildLog log(directory.path() + "/log", {});
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 70; ++i) log.add(piece);
  log.add("the end");
  CHECK(log.tail().size() <= 2 * BuildLog::kTail);
  CHECK(log.tail().ends_with("xthe end"));
  const auto size = stat_at(directory.fd(), "log", Links::do_not_follow)->size;
  CHECK(size > BuildLog::kLargestFile);
  CHECK(size < BuildLog::kLargestFile + 100);
}

TEST_CASE("the last lines of an output") {
  CHECK(last_lines("").empty());
  CHECK(last_lines("\n\n").empty());
  CHECK(last_lines("a\r\n\nb\n\n") == "\n  a\n  \n  b");
  CHECK(last_lines("\x1b[31mred\n") == "\n  \\x1b[31mred");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "line " + std::to_string(i) + "\n";
  CHECK(last_lines(many).starts_with("\n  line 75\n"));
  CHECK(last_lines(std::string(100'000, 'x')).size() < 1000);
}

#include "store/process/child_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "store/process/child.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

Captured captured_from(const std::string& script, const CaptureLimits& limits = {std::chrono::minutes(1)}) {
  return capture({.arguments = {"/bin/sh", "-c", script},
                  .group = ProcessGroup::own_group,
                  .abandoned = Abandoned::kill_group},
                 CapturedStreams::output_and_errors, limits);
}

}  // namespace

TEST_CASE("both streams are read at once, so that neither blocks the child") {
  const Captured captured =
      captured_from("head -c 500000 /dev/zero; head -c 600000 /dev/zero >&2; echo end; exit 3");
  CHECK(captured.end == OutputEnd::complete);
  CHECK(captured.output.size() == 500004);
  CHECK(captured.error_output.size() == 600000);
  CHECK((captured.status && exit_code_of(*captured.status) == 3));
}

TEST_CASE("a child that writes more than the limit is killed") {
  const Captured captured = captured_from("exec yes", {std::nullopt, 100'000});
  CHECK(captured.end == OutputEnd::refused);
  CHECK(captured.output.size() <= 100'000);
  CHECK_FALSE(captured.status.has_value());
}

TEST_CASE("a child that has not ended at the limit of time is killed") {
  TemporaryDirectory directory;
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const Captured captured = captured_from("exec >&- 2>&-; read x < " + fifo, {std::chrono::milliseconds(50)});
  CHECK(captured.end == OutputEnd::out_of_time);
  CHECK_FALSE(captured.status.has_value());
}

TEST_CASE("what a child has written is read, although its background process keeps the stream") {
  TemporaryDirectory directory;
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const Captured captured = captured_from("read x < " + fifo + " & head -c 30000 /dev/zero; echo end");
  CHECK(captured.end == OutputEnd::complete);
  CHECK(captured.output.size() == 30004);
  CHECK(succeeded(captured.status));
  const Fd go(open(fifo.c_str(), O_WRONLY | O_CLOEXEC));  // the background process ends
}

TEST_CASE("the status of a child that a signal killed has the signal") {
  const Captured captured = captured_from("echo before; kill -9 $$");
  CHECK(captured.end == OutputEnd::complete);
  CHECK(captured.output == "before\n");
  CHECK((captured.status && exit_code_of(*captured.status) == 128 + 9));
}

TEST_CASE("a program that cannot be started leaves nothing to read") {
  const Captured captured =
      capture({.arguments = {"/nowhere/program"}, .abandoned = Abandoned::kill}, CapturedStreams::output, {});
  CHECK(captured.error_number == ENOENT);
  CHECK(captured.output.empty());
}

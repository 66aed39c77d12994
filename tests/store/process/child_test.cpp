#include "store/process/child.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

using namespace envstore;

namespace {
pid_t child_that_exits_with(int code) {
  const pid_t pid = fork();
  if (pid == 0) _exit(code);
  REQUIRE(pid > 0);
  return pid;
}
}  // namespace

TEST_CASE("only a child that ends with 0 has succeeded") {
  CHECK(succeeded(wait_for_child(child_that_exits_with(0))));
  CHECK_FALSE(succeeded(wait_for_child(child_that_exits_with(3))));
}

TEST_CASE("a child that a signal ended has not succeeded") {
  const pid_t pid = fork();
  if (pid == 0) {
    pause();
    _exit(0);
  }
  REQUIRE(pid > 0);
  REQUIRE(kill(pid, SIGKILL) == 0);
  CHECK_FALSE(succeeded(wait_for_child(pid)));
}

TEST_CASE("a child whose status is unknown has not succeeded") {
  struct sigaction ignored {
  }, before{};
  ignored.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGCHLD, &ignored, &before) == 0);
  const auto status = wait_for_child(child_that_exits_with(0));
  REQUIRE(sigaction(SIGCHLD, &before, nullptr) == 0);
  CHECK_FALSE(status.has_value());
  CHECK_FALSE(succeeded(status));
}

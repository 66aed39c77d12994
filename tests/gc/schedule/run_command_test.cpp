#include "gc/schedule/run_command.h"

#include <doctest/doctest.h>

#include "tests/gc/schedule/fake_user.h"

namespace envstore {

TEST_CASE("a program gets its input, and its output, errors and exit code are returned") {
  FakeUser user;
  user.program("tool", "cat; echo fault >&2; exit 3");
  const auto result = run_command({"tool", "word"}, "input\n");
  REQUIRE(result);
  CHECK(result->exit_code == 3);
  CHECK(result->output == "input\n");
  CHECK(result->stderr_text == "fault\n");
}

TEST_CASE("a program runs in the C locale, whatever the caller's is") {
  FakeUser user;
  user.program("tool", "echo $LC_ALL $FAKE_WORD");
  ::setenv("LC_ALL", "de_DE.UTF-8", 1);
  ::setenv("FAKE_WORD", "kept", 1);
  CHECK(run_command({"tool"})->output == "C kept\n");
}

TEST_CASE("a name that PATH does not have, or that cannot be started, is no program") {
  FakeUser user;
  CHECK_FALSE(run_command({"no-such-tool"}));
  create_file(AT_FDCWD, user.path() + "/bin/data", "x", 0644);
  CHECK_FALSE(run_command({"data"}));
}

}  // namespace envstore

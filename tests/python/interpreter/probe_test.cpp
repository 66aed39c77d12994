#include "python/interpreter/probe.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "world.h"

using namespace envstore;
using namespace envstore::test;

namespace {
std::string reason_of(const std::string& executable, const ProbeLimits& limits = {}) {
  try {
    run_probe(executable, "/", limits);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    return error.what();
  }
  return "";
}
}  // namespace

TEST_CASE("an interpreter that hangs is ended, with what it started") {
  const TemporaryDirectory folder;
  const std::string fifo = folder / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const std::string hang = folder.write("python", "#!/bin/sh\nread x < " + fifo + "\n", 0755);
  CHECK(reason_of(hang, {std::chrono::milliseconds(100), 1000}).find("did not answer") != std::string::npos);
}

TEST_CASE("an interpreter that closes its streams and stays is ended as well") {
  const TemporaryDirectory folder;
  const std::string fifo = folder / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const std::string hang = folder.write("python", "#!/bin/sh\nexec >&- 2>&-\nread x < " + fifo + "\n", 0755);
  CHECK(reason_of(hang, {std::chrono::milliseconds(100), 1000}).find("did not answer") != std::string::npos);
}

TEST_CASE("an interpreter that writes without end is ended") {
  const TemporaryDirectory folder;
  const std::string flood = folder.write("python", "#!/bin/sh\nexec yes\n", 0755);
  CHECK(reason_of(flood).find("does not stop writing") != std::string::npos);
}

TEST_CASE("the reason of a failure is the last line of stderr") {
  const TemporaryDirectory folder;
  const std::string failing = folder.write("python", "#!/bin/sh\necho one >&2\necho two >&2\nexit 3\n", 0755);
  CHECK(reason_of(failing) == "it ended with exit code 3: two");
  CHECK(reason_of(folder.write("killed", "#!/bin/sh\nkill -9 $$\n", 0755)) == "it was ended by signal 9");
  CHECK(reason_of(folder / "missing").find("cannot be started") != std::string::npos);
}

TEST_CASE("variables that steer Python do not reach the probe") {
  const TemporaryDirectory folder;
  setenv("PYTHONHOME", "/nonsense", 1);
  const std::string out = run_probe(folder.write("python", "#!/bin/sh\nenv\n", 0755), "/");
  unsetenv("PYTHONHOME");
  CHECK(out.find("PYTHON") == std::string::npos);
  CHECK(out.find("PATH=") != std::string::npos);
}

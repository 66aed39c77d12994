#include <doctest/doctest.h>

#include "python/interpreter/interpreter.h"
#include "store/platform/error.h"
#include "world.h"

using namespace envstore;
using namespace envstore::test;

namespace {
struct World : TemporaryDirectory {
  World() : store(Store::open(path() + "/store", clock)) {
    unsetenv("PYENV_ROOT");
    unsetenv("PYENV_VERSION");
    unsetenv("UV_PYTHON_INSTALL_DIR");
    unsetenv("XDG_DATA_HOME");
  }
  SystemClock clock;
  Store store;
  DiscoveryInputs inputs(const char* request, const std::string& path_variable) const {
    DiscoveryInputs result;
    result.request = InterpreterRequest::parse(request);
    result.path_variable = path_variable;
    result.home = path();
    return result;
  }
  Discovery find(const char* request, const std::string& path_variable) {
    return InterpreterFinder(store).find(inputs(request, path_variable));
  }
  std::string complaint(const char* request, const std::string& path_variable) {
    try {
      find(request, path_variable);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::not_found);
      CHECK_FALSE(error.hint().empty());
      return error.what();
    }
    return "";
  }
};

bool watches(const Discovery& discovery, const std::string& path) {
  for (const WatchedPath& watched : discovery.watched)
    if (watched.path == path) return true;
  return false;
}
}  // namespace

TEST_CASE("the first interpreter on PATH that fits is taken") {
  World world;
  fake_interpreter(world, "a/python3", 3, 10, "3.10.4");
  fake_interpreter(world, "b/python3", 3, 12, "3.12.1");
  const std::string path = world / "a" + ":" + (world / "b");
  CHECK(world.find("", path).interpreter.version == "3.10.4");
  CHECK(world.find("3.12", path).interpreter.version == "3.12.1");
  CHECK(world.find(">=3.11", path).interpreter.version == "3.12.1");
}

TEST_CASE("every folder of PATH up to the match is watched, and none after it") {
  World world;
  fake_interpreter(world, "b/python3", 3, 12, "3.12.1");
  fake_interpreter(world, "c/python3", 3, 12, "3.12.2");
  const Discovery found = world.find("", world / "a" + ":" + (world / "b") + ":" + (world / "c"));
  CHECK(watches(found, world / "a"));
  CHECK(watches(found, world / "b"));
  CHECK(watches(found, world / "b/python3"));
  CHECK_FALSE(watches(found, world / "c"));
}

TEST_CASE("what was found and why it does not fit stands in the error") {
  World world;
  fake_interpreter(world, "a/python3", 3, 7, "3.7.16");
  world.write("b/python3", "#!/bin/sh\nexit 5\n", 0755);
  const std::string text = world.complaint("", world / "a" + ":" + (world / "b"));
  CHECK(text.find("'" + (world / "a/python3") + "' is 3.7.16, and envstore needs 3.8") != std::string::npos);
  CHECK(text.find("'" + (world / "b/python3") + "' cannot be used: it ended with exit code 5") !=
        std::string::npos);
}

TEST_CASE("requires-python is respected, and its violation named") {
  World world;
  fake_interpreter(world, "a/python3", 3, 10, "3.10.4");
  DiscoveryInputs inputs = world.inputs("", world / "a");
  inputs.requires_python = std::move(*pypackaging::SpecifierSet::parse(">=3.11"));
  CHECK_THROWS_AS(InterpreterFinder(world.store).find(inputs), Error);
}

TEST_CASE("the active virtualenv comes before PATH") {
  World world;
  fake_interpreter(world, "base/python3", 3, 11, "3.11.9");
  fake_interpreter(world, "a/python3", 3, 10, "3.10.4");
  world.write("venv/pyvenv.cfg", "home = " + (world / "base") + "\n");
  make_directories(AT_FDCWD, world / "venv/bin", 0755);
  symlink_at(world / "base/python3", AT_FDCWD, world / "venv/bin/python");
  DiscoveryInputs inputs = world.inputs("", world / "a");
  inputs.virtual_env = world / "venv";
  const Discovery found = InterpreterFinder(world.store).find(inputs);
  CHECK(found.interpreter.path == world / "base/python3");
  CHECK(watches(found, world / "venv/pyvenv.cfg"));
}

TEST_CASE("pyenv's and uv's installations come last, the newest first") {
  World world;
  fake_interpreter(world, ".pyenv/versions/3.9.18/bin/python3", 3, 9, "3.9.18");
  fake_interpreter(world, ".pyenv/versions/3.12.1/bin/python3", 3, 12, "3.12.1");
  fake_interpreter(world, ".local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3", 3, 13,
                   "3.13.1");
  CHECK(world.find("", "").interpreter.version == "3.12.1");
  CHECK(world.find("3.9", "").interpreter.version == "3.9.18");
  CHECK(world.find("3.13", "").interpreter.version == "3.13.1");
}

TEST_CASE("an interpreter is named by its file or its installation's folder") {
  World world;
  fake_interpreter(world, "x/bin/python3", 3, 11, "3.11.1");
  CHECK(world.find((world / "x").c_str(), "").interpreter.version == "3.11.1");
  CHECK(world.find((world / "x/bin/python3").c_str(), "").interpreter.version == "3.11.1");
  CHECK_THROWS_AS(world.find((world / "missing").c_str(), ""), Error);
}

TEST_CASE("a real interpreter is probed once, and again when its file changes") {
  World world;
  const auto real = real_interpreters();
  REQUIRE_FALSE(real.empty());
  for (const std::string& path : real) {
    CAPTURE(path);
    Discovery first;
    try {
      first = world.find(path.c_str(), "");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("needs 3.8") != std::string::npos);
      continue;
    }
    std::size_t rows = 0;
    world.store.index().read().each_interpreter(
        [&](const std::string&, const InterpreterRow&) { return ++rows > 0; });
    CHECK(rows > 0);
    CHECK(world.find(path.c_str(), "").interpreter.encode() == first.interpreter.encode());
  }
}

TEST_CASE(
    "what can start beside a probe starts when an interpreter is asked, and not when its answer is known") {
  World world;
  const auto real = real_interpreters();
  REQUIRE_FALSE(real.empty());
  int calls = 0;
  DiscoveryInputs inputs = world.inputs(real.front().c_str(), "");
  inputs.before_probe = [&] { ++calls; };
  for (int i = 0; i < 2; ++i) {
    try {
      InterpreterFinder(world.store).find(inputs);
    } catch (const Error&) {
      // Too old, but it was probed.
    }
    CHECK(calls == 1);
  }
}

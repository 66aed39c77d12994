#include "python/launch/own_commands.h"

#include <doctest/doctest.h>

using namespace envstore;

namespace {
Target command(std::vector<std::string> words) {
  Target target{Target::Kind::command, words.front(), {}};
  target.arguments.assign(words.begin() + 1, words.end());
  return target;
}
}  // namespace

TEST_CASE("pip is recognised by each of its names, and by every spelling of -m") {
  CHECK(is_pip({Target::Kind::module, "pip", {"list"}}));
  for (const char* name : {"pip", "pip3", "pip3.11", "pip2"}) CHECK(is_pip(command({name, "list"})));
  CHECK(is_pip(command({"python", "-m", "pip"})));
  CHECK(is_pip(command({"python3.11", "-I", "-X", "utf8", "-W", "error", "-Bm", "pip", "list"})));
  CHECK(is_pip(command({"python3", "-Xdev", "-mpip"})));
  CHECK(is_pip(command({"python3", "--check-hash-based-pycs", "never", "-m", "pip"})));
}

TEST_CASE("what only looks like pip is not") {
  CHECK_FALSE(is_pip({Target::Kind::script, "pip", {}}));
  CHECK_FALSE(is_pip({Target::Kind::module, "pipx", {}}));
  for (const char* name : {"pipx", "pip-compile", "pip3.", "./pip", "/usr/bin/pip"})
    CHECK_FALSE(is_pip(command({name})));
  CHECK_FALSE(is_pip(command({"python", "-c", "import pip", "-m", "pip"})));
  CHECK_FALSE(is_pip(command({"python", "script.py", "-m", "pip"})));
  CHECK_FALSE(is_pip(command({"python", "-m"})));
  CHECK_FALSE(is_pip(command({"python", "-", "-m", "pip"})));
  CHECK_FALSE(is_pip(command({"bash", "-m", "pip"})));
}

TEST_CASE("an interpreter is recognised by its name, whatever its version") {
  for (const char* name : {"python", "python3", "python3.13t", "python2.7", "pypy3.10", "graalpy"})
    CHECK(is_interpreter_name(name));
  for (const char* name : {"python3-config", "pythonw", "ipython", "python3.11-config", "py"})
    CHECK_FALSE(is_interpreter_name(name));
}

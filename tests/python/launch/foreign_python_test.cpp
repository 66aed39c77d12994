#include "python/launch/foreign_python.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "../interpreter/world.h"

using namespace envstore;
using namespace envstore::test;

namespace {
const std::vector<std::string> kOwn{"python3", "python3.11", "python"};

struct Commands : TemporaryDirectory {
  std::string add(const std::string& name, const std::string& content) const {
    return write(name, content, 0755);
  }
  std::string owner_of(const std::string& content) const {
    return other_python_of(add("bin/tool", content), kOwn).value_or("(none)");
  }
};
}  // namespace

TEST_CASE("a script whose first line names an interpreter by path belongs to that one") {
  const Commands commands;
  CHECK(commands.owner_of("#!/usr/bin/python3\n") == "/usr/bin/python3");
  CHECK(commands.owner_of("#! /opt/x/bin/python3.9 -I\n") == "/opt/x/bin/python3.9");
  CHECK(commands.owner_of("#!/usr/bin/env /opt/x/bin/python3\n") == "/opt/x/bin/python3");
  CHECK(commands.owner_of("#!/opt/pypy3") == "/opt/pypy3");
}

TEST_CASE("a script that looks its interpreter up on PATH gets the run's own, if it is one of its names") {
  const Commands commands;
  CHECK(commands.owner_of("#!/usr/bin/env python3\n") == "(none)");
  CHECK(commands.owner_of("#!/usr/bin/env -S python -u\n") == "(none)");
  CHECK(commands.owner_of("#!/usr/bin/env python3.9\n") == "python3.9");
  CHECK(commands.owner_of("#!/usr/bin/env -S X=1 python2\n") == "python2");
}

TEST_CASE("launchers by way of a shell belong to the Python that they start") {
  const Commands commands;
  CHECK(commands.owner_of("#!/bin/sh\n'''exec' /a/very/long/bin/python \"$0\" \"$@\"\n' '''\n") ==
        "/a/very/long/bin/python");
  CHECK(commands.owner_of("#!/bin/sh\n'''exec' \"/with blank/bin/python3\" \"$0\" \"$@\"\n' '''\n") ==
        "/with blank/bin/python3");
  CHECK(commands.owner_of("#!/bin/sh\n\"exec\" \"/opt/bin/python\" \"$0\" \"$@\"\n") == "/opt/bin/python");
  CHECK(commands.owner_of("#!/usr/bin/env bash\nset -e\nexec -a x /opt/bin/python3 -m tool \"$@\"\n") ==
        "/opt/bin/python3");
  commands.add("bin/python", "");
  CHECK(commands.owner_of("#!/bin/sh\n'''exec' \"${0%/*}/python\" \"$0\" \"$@\"\n' '''\n") ==
        commands / "bin/python");
}

TEST_CASE("shims belong to a version manager, where it is Python's") {
  const Commands commands;
  const std::string pyenv =
      "#!/usr/bin/env bash\nset -e\nexport PYENV_ROOT=\"/p\"\nexec \"/p/libexec/pyenv\" exec \"$program\" "
      "\"$@\"\n";
  CHECK(commands.owner_of(pyenv) == "pyenv");
  CHECK(commands.owner_of(
            "#!/usr/bin/env bash\n# asdf-plugin: python 3.11.4\nexec /a/bin/asdf exec \"black\" \"$@\"\n") ==
        "asdf");
  CHECK(commands.owner_of(
            "#!/usr/bin/env bash\n# asdf-plugin: nodejs 20.1\nexec /a/bin/asdf exec \"npm\" \"$@\"\n") ==
        "(none)");
  const std::string mise = commands.add("mise/mise",
                                        "\x7f"
                                        "ELF");
  make_directories(AT_FDCWD, commands / "mise/shims", 0755);
  commands.add("mise/installs/python/3.12/bin/black", "");
  for (const char* name : {"black", "node"})
    REQUIRE(symlink(mise.c_str(), (commands / "mise/shims/" + name).c_str()) == 0);
  CHECK(other_python_of(commands / "mise/shims/black", kOwn) == "mise");
  CHECK_FALSE(other_python_of(commands / "mise/shims/node", kOwn));
}

TEST_CASE("all that lies in a virtual environment belongs to it, also when it is reached over a link") {
  const Commands commands;
  commands.add("venv/pyvenv.cfg", "");
  const std::string native = commands.add("venv/bin/ruff",
                                          "\x7f"
                                          "ELF");
  CHECK(other_python_of(native, kOwn) == commands / "venv");
  REQUIRE(symlink(native.c_str(), (commands / "ruff").c_str()) == 0);
  CHECK(other_python_of(commands / "ruff", kOwn)->ends_with("/venv"));
}

TEST_CASE("in a folder of conda, scripts belong to its Python, compiled tools to no Python") {
  const Commands commands;
  make_directories(AT_FDCWD, commands / "conda/conda-meta", 0755);
  CHECK(other_python_of(commands.add("conda/bin/tool", "#!/bin/sh\n"), kOwn) == commands / "conda");
  CHECK_FALSE(other_python_of(commands.add("conda/bin/git",
                                           "\x7f"
                                           "ELF"),
                              kOwn));
}

TEST_CASE("everything else belongs to no Python") {
  const Commands commands;
  for (const char* content :
       {"",
        "\x7f"
        "ELF",
        "#!", "#!/bin/sh\necho python\n", "#!/usr/bin/env node\n", "#!/usr/bin/perl\n",
        "#!/bin/bash\n# exec /usr/bin/python3\nmake\n", "#!/usr/bin/env\n", "#!/usr/bin/env -S\n"})
    CHECK(commands.owner_of(content) == "(none)");
  CHECK_FALSE(other_python_of(commands / "missing", kOwn));
}

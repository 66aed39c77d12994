#include "python/interpreter/shim.h"

#include <doctest/doctest.h>

#include "world.h"

using namespace envstore;
using namespace envstore::test;

namespace {
struct Pyenv : TemporaryDirectory {
  std::string shim(const std::string& name) const {
    return write("shims/" + name,
                 "#!/usr/bin/env bash\nset -e\nprogram=\"${0##*/}\"\nexport PYENV_ROOT=\"" + path() +
                     "\"\nexec \"" + path() + "/libexec/pyenv\" exec \"$program\" \"$@\"\n",
                 0755);
  }
  void install(const std::string& version, const std::string& name) const {
    write("versions/" + version + "/bin/" + name, "", 0755);
  }
};
}  // namespace

TEST_CASE("a pyenv shim is seen through without running it") {
  const Pyenv pyenv;
  pyenv.install("3.11.7", "python3");
  pyenv.install("3.12.1", "python3");
  pyenv.write("version", "3.11.7\n");
  const ResolvedShim global = resolve_shim(pyenv.shim("python3"), "", "/nowhere");
  CHECK(global.kind == ResolvedShim::Kind::pyenv);
  CHECK(global.target == pyenv / "versions/3.11.7/bin/python3");
  CHECK(global.depends.front() == pyenv / "version");
  CHECK(resolve_shim(pyenv.shim("python3"), "3.12.1", "/nowhere").target ==
        pyenv / "versions/3.12.1/bin/python3");
}

TEST_CASE("a pyenv shim whose version is the system's, or lacks the name, resolves to nothing") {
  const Pyenv pyenv;
  pyenv.install("3.11.7", "python3.11");
  CHECK(resolve_shim(pyenv.shim("python3"), "", "").kind == ResolvedShim::Kind::nothing);
  pyenv.write("version", "3.11.7\n");
  CHECK(resolve_shim(pyenv.shim("python3.12"), "", "").kind == ResolvedShim::Kind::nothing);
  CHECK(resolve_shim(pyenv.shim("python3.11"), "", "").kind == ResolvedShim::Kind::pyenv);
}

TEST_CASE("pyenv's short versions mean the newest installed") {
  const std::vector<std::string> installed{"3.9.9", "3.9.18", "3.10.0", "3.9.20rc1", "system-like"};
  CHECK(pick_pyenv_version("3.9", installed) == "3.9.18");
  CHECK(pick_pyenv_version("python-3.10", installed) == "3.10.0");
  CHECK(pick_pyenv_version("3.1", installed) == std::nullopt);
  CHECK(pick_pyenv_version("../x", {"../x"}) == std::nullopt);
}

TEST_CASE("another version manager's script has to be run") {
  const TemporaryDirectory folder;
  CHECK(resolve_shim(folder.write("python3", "#!/bin/sh\nexec asdf exec python3 \"$@\"\n", 0755), "", "/h")
            .kind == ResolvedShim::Kind::unknown);
}

TEST_CASE("a virtualenv's base is found by its links if pyvenv.cfg agrees") {
  const TemporaryDirectory folder;
  folder.write("base/bin/python3.11", "", 0755);
  folder.write("venv/pyvenv.cfg", "home = " + (folder / "base/bin") + "\nversion = 3.11\n");
  make_directories(AT_FDCWD, folder / "venv/bin", 0755);
  symlink_at(folder / "base/bin/python3.11", AT_FDCWD, folder / "venv/bin/python");
  CHECK(virtualenv_base(folder / "venv/bin/python") == folder / "base/bin/python3.11");
  folder.write("venv/pyvenv.cfg", "home = /elsewhere\n");
  CHECK_FALSE(virtualenv_base(folder / "venv/bin/python"));
}

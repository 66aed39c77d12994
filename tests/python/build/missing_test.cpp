#include "python/build/missing.h"

#include <doctest/doctest.h>

#include <string>

using namespace envstore;

TEST_CASE("the missing program, header or module is found in the output of a failed build") {
  const struct {
    const char *output, *part;
  } kCases[] = {
      {"error: command 'gcc' failed: No such file or directory\n", "build-essential"},
      {"error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory\n", "build-essential"},
      {"error: command '/usr/bin/gcc-12' failed: No such file or directory\n", "build-essential"},
      {"unable to execute 'cc': No such file or directory\n", "build-essential"},
      {"FileNotFoundError: [Errno 2] No such file or directory: 'c++'\n", "build-essential"},
      {"error: linker `cc` not found\n", "build-essential"},
      {"../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc']]\n", "build-essential"},
      {"ERROR: Unknown compiler(s): [['gfortran'], ['flang']]\n", "gfortran"},
      {"a.c:1:10: fatal error: Python.h: No such file or directory\ncompilation terminated.\n",
       "python3-dev"},
      {"fatal error: 'Python.h' file not found\n", "python3-dev"},
      {"x.c:3:10: fatal error: libxml/xpath.h: No such file or directory\n", "header 'libxml/xpath.h'"},
      {"/usr/bin/ld: cannot find -lssl: No such file or directory\n", "library 'ssl'"},
      {"/usr/bin/ld: cannot find -lz\ncollect2: error\n", "library 'z'"},
      {"No package 'cairo' found\n", "library 'cairo'"},
      {"ERROR: Dependency \"openblas\" not found, tried pkgconfig\n", "library 'openblas'"},
      {"Error: pg_config executable not found.\n", "libpq-dev"},
      {"/bin/sh: 1: pkg-config: not found\n", "pkg-config"},
      {"bash: line 1: swig: command not found\n", "program 'swig'"},
      {"error: command 'swig' failed: No such file or directory\n", "program 'swig'"},
      {"FileNotFoundError: [Errno 2] No such file or directory: 'cmake'\n", "'cmake'"},
      {"error: can't find Rust compiler\n", "cargo"},
      {"FileNotFoundError: [Errno 2] No such file or directory: 'cargo'\n", "cargo"},
      {"ModuleNotFoundError: No module named 'numpy'\n", "list 'numpy' in its build-system.requires"},
      {"ModuleNotFoundError: No module named 'Cython.Build'\n", "list 'cython' in"},
      {"ModuleNotFoundError: No module named 'pkg_resources'\n", "list 'setuptools' in"},
      {"ModuleNotFoundError: No module named 'wheel'\n", "--no-build-isolation-package NAME"},
      {"ModuleNotFoundError: No module named 'distutils'\n", "Python 3.12"},
      {"OSError: [Errno 28] No space left on device\n", "disk is full"},
      {"gcc: fatal error: Killed signal terminated program cc1plus\n", "want of memory"},
  };
  for (const auto& entry : kCases) {
    CAPTURE(entry.output);
    CHECK(what_is_missing(std::string("...\n") + entry.output).find(entry.part) != std::string::npos);
  }
}

TEST_CASE("other output names nothing as missing") {
  for (const char* const output :
       {"", "error: command 'gcc' failed with exit code 1\n", "SyntaxError: invalid syntax\n",
        "FileNotFoundError: [Errno 2] No such file or directory: 'README.md'\n", "cannot find -l",
        ": not found\n"}) {
    CAPTURE(output);
    CHECK(what_is_missing(output).empty());
  }
}

TEST_CASE("the end of the output counts before its start") {
  const std::string probes = "sh: 1: pkg-config: not found\n" + std::string(3000, '.') + "\n";
  const std::string end = "ModuleNotFoundError: No module named 'numpy'\n";
  CHECK(what_is_missing(probes + end).find("numpy") != std::string::npos);
  CHECK(what_is_missing(probes).find("pkg-config") != std::string::npos);
}

TEST_CASE("what is taken from an output is safe for a terminal") {
  CHECK(what_is_missing("fatal error: a\x1b[0m.h: No such file or directory").find('\x1b') ==
        std::string::npos);
}

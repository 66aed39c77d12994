#include "python/wheel/script.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "python/wheel/names.h"
#include "python/wheel/wheel.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

/// A directory with `python` (a link to an interpreter) and a script, like bin of an environment.
class Bin {
 public:
  Bin() {
    make_directory(AT_FDCWD, path_, 0700);
    const std::string python = real_path("/usr/bin/python3").value_or("");
    if (!python.empty()) symlink_at(python, AT_FDCWD, path_ + "/python");
    has_python_ = !python.empty();
  }
  bool has_python() const { return has_python_; }
  std::string run(const std::string& script) const {
    create_file(AT_FDCWD, path_ + "/script", script, 0555);
    FILE* const pipe = popen(("'" + path_ + "/script' one 'two three' 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string out;
    char buffer[4096];
    while (const std::size_t count = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
    const int status = pclose(pipe);
    unlink_if_there(AT_FDCWD, path_ + "/script");
    return out + "exit " + std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }

 private:
  TemporaryDirectory folder_;
  std::string path_ = folder_.path() + "/with space";
  bool has_python_ = false;
};

}  // namespace

TEST_CASE("an entry point's script starts the python beside it and exits with what the function returns") {
  const Bin bin;
  if (!bin.has_python()) return;
  CHECK(bin.run(entry_point_script("os.path", "isabs.__call__"))
            .ends_with("exit 1"));  // without argument: TypeError
  CHECK(bin.run(entry_point_script("getpass", "getuser"))
            .ends_with("exit 1"));  // sys.exit with a string: to stderr, exit code 1
}

TEST_CASE("no entry point can put code into its script") {
  for (const char* module :
       {"", "a b", "a;b", "a\nb", "a-b", ".a", "a.", "a..b", "1a", "a(", "a#", "os import x"})
    CHECK_THROWS_AS(entry_point_script(module, "main"), Error);
  for (const char* attribute : {"", "main()", "main\n", "a b", "a.", "__import__('os')"})
    CHECK_THROWS_AS(entry_point_script("module", attribute), Error);
  CHECK_NOTHROW(entry_point_script("a._b1.c", "Main.run_2"));
}

TEST_CASE("#!python asks for the environment's interpreter, other first lines do not") {
  CHECK(asks_for_python("#!python\n"));
  CHECK(asks_for_python("#!pythonw\r\nx"));
  CHECK_FALSE(asks_for_python("#!/usr/bin/python\n"));
  CHECK_FALSE(asks_for_python("#!/bin/sh\n"));
  CHECK_FALSE(
      asks_for_python("\x7f"
                      "ELF"));
  CHECK_FALSE(asks_for_python(""));
}

TEST_CASE("a rewritten script gets its arguments and keeps its meaning") {
  const Bin bin;
  if (!bin.has_python()) return;
  const auto run = [&](const std::string& script) { return bin.run(relocatable_script(script)); };
  CHECK(run("#!python\nimport sys\nprint(sys.argv[1:])\n") == "['one', 'two three']\nexit 0");
  CHECK(run("#!python") == "exit 0");
  CHECK(run("#!python\n\"\"\"doc\"\"\"\nfrom __future__ import annotations\nprint(1)\n") == "1\nexit 0");
  CHECK(run("#!python\n# comment\n\n'doc'\nfrom __future__ import "
            "annotations\nprint(__doc__.endswith('doc'))\n") == "True\nexit 0");
  CHECK(run("#!python\nb'bytes'\nprint(2)\n") == "2\nexit 0");
  CHECK(run("#!python\n# -*- coding: latin-1 -*-\nprint(len('\xe9'))\n") == "1\nexit 0");
  CHECK(run("#!python\r\n# c\r\n\r\nprint(3)\r\n") == "3\nexit 0");
  CHECK(run("#!python\nimport sys\nsys.exit(7)\n") == "exit 7");
}

TEST_CASE("names that may stand in bin") {
  for (const char* name : {"a", "pip3.11", "f2py", "jupyter-lab", "pythonista", "a b", "\xc3\xa9"})
    CHECK(is_safe_script_name(name));
  for (const char* name : {"", ".", "..", "a/b", "/a", "a\\b", "a\n", "\xff", "python", "python3",
                           "python3.12", "pythonw", "__pycache__"})
    CHECK_FALSE(is_safe_script_name(name));
}

TEST_CASE("names in messages cannot play tricks with the terminal") {
  CHECK(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
  CHECK(printable("\xc3\xa9\xff") == "\xc3\xa9\\xff");
  CHECK(printable(std::string(1000, 'a')).size() < 300);
}

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "python/interpreter/fitness.h"
#include "python/interpreter/interpreter.h"
#include "store/platform/error.h"
#include "world.h"

using namespace envstore;
using namespace envstore::test;
using Kind = InterpreterRequest::Kind;

TEST_CASE("what the user may write of an interpreter") {
  struct Row {
    const char *text, *implementation, *versions;
    Kind kind;
    std::optional<bool> free_threaded = {};
  };
  const Row rows[] = {
      {"", "", "", Kind::any},
      {"default", "", "", Kind::any},
      {"any", "", "", Kind::any},
      {"python", "", "", Kind::any},
      {"3", "", "==3.*", Kind::version},
      {"3.12", "", "==3.12.*", Kind::version},
      {" 3.12\n", "", "==3.12.*", Kind::version},
      {"312", "", "==3.12.*", Kind::version},
      {"3.12.1", "", "==3.12.1", Kind::version},
      {"3.14.0rc1", "", "==3.14.0rc1", Kind::version},
      {">=3.11,<3.13", "", "<3.13,>=3.11", Kind::version},
      {"~=3.11", "", "~=3.11", Kind::version},
      {"cpython@3.12", "cpython", "==3.12.*", Kind::version},
      {"CPython@3.12", "cpython", "==3.12.*", Kind::version},
      {"cp312", "cpython", "==3.12.*", Kind::version},
      {"python3.12", "", "==3.12.*", Kind::version},
      {"python3", "", "==3.*", Kind::version},
      {"pypy", "pypy", "", Kind::version},
      {"pypy3.9", "pypy", "==3.9.*", Kind::version},
      {"pypy@3.9", "pypy", "==3.9.*", Kind::version},
      {"3.13t", "", "==3.13.*", Kind::version, true},
      {"3.13+freethreaded", "", "==3.13.*", Kind::version, true},
      {"3.13+gil", "", "==3.13.*", Kind::version, false},
      {"/usr/bin/python3", "", "", Kind::path},
      {"./venv", "", "", Kind::path},
      {"~/x", "", "", Kind::path},
      {".", "", "", Kind::path},
      {"python3.12-dbg", "", "", Kind::executable_name},
      {"mypython", "", "", Kind::executable_name},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const InterpreterRequest request = InterpreterRequest::parse(row.text);
    CHECK(request.kind == row.kind);
    CHECK(request.implementation == row.implementation);
    CHECK(request.versions.canonical() == row.versions);
    CHECK(request.free_threaded == row.free_threaded);
  }
}

TEST_CASE("a request that is neither a version nor a name is a usage error") {
  for (const char* text : {"3.x", ">=", ">=abc", "cpython@", "foo@3.12", "3..12"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(InterpreterRequest::parse(text), Error);
  }
}

TEST_CASE("an interpreter meets a request by version, implementation and variant") {
  const auto fits = [](const std::string& version, int minor, bool free_threaded, const char* request,
                       FoundBy found_by = FoundBy::searched) {
    const auto it = Interpreter::from_probe(answer_of("/p", 3, minor, version, "cpython", free_threaded));
    return !why_not(it, InterpreterRequest::parse(request), std::nullopt, found_by);
  };
  CHECK(fits("3.12.1", 12, false, "3.12"));
  CHECK(fits("3.14.0rc1", 14, false, "3.14"));
  CHECK(fits("3.14.0rc1", 14, false, ">=3.14"));
  CHECK(fits("3.13.0+", 13, false, "3.13"));
  CHECK_FALSE(fits("3.12.1", 12, false, "3.11"));
  CHECK_FALSE(fits("3.7.9", 7, false, ""));
  CHECK_FALSE(fits("3.13.0", 13, true, "3.13"));
  CHECK(fits("3.13.0", 13, true, "3.13t"));
  CHECK_FALSE(fits("3.13.0", 13, false, "3.13t"));
  CHECK(fits("3.13.0", 13, true, "", FoundBy::named));
  CHECK_FALSE(fits("3.12.1", 12, false, "pypy"));
}

TEST_CASE("the nearest version file wins, comments and empty ones are passed over") {
  const TemporaryDirectory folder;
  folder.write(".python-version", "# ours\n\n 3.11 # because\n3.10\n");
  folder.write("a/.python-versions", "\n");
  folder.write("a/b/x", "");
  const auto found = find_python_version_file(folder / "a/b");
  REQUIRE(found);
  CHECK(found->path == folder / ".python-version");
  CHECK(found->lines == std::vector<std::string>{"3.11", "3.10"});
  folder.write("a/.python-version", "pypy3.9\n");
  CHECK(find_python_version_file(folder / "a/b")->lines == std::vector<std::string>{"pypy3.9"});
}

TEST_CASE("a version file may have a byte order mark, UTF-16 and any line ends") {
  const TemporaryDirectory folder;
  folder.write("a/.python-version",
               "\xEF\xBB\xBF"
               "3.11\r3.10\r\n");
  CHECK(find_python_version_file(folder / "a")->lines == std::vector<std::string>{"3.11", "3.10"});
  folder.write("b/.python-version", std::string("\xFF\xFE"
                                                "3\0.\0"
                                                "9\0\n\0",
                                                10));
  CHECK(find_python_version_file(folder / "b")->lines == std::vector<std::string>{"3.9"});
  folder.write("c/.python-version", "caf\xE9\n");
  CHECK_THROWS_AS((void)find_python_version_file(folder / "c"), Error);
}

TEST_CASE("a line of a version file that is no request is passed over without an error") {
  const auto request = [](const std::string& line) {
    return version_file_request(line, "/project/.python-version", "/home/nobody");
  };
  for (const std::string name :
       {"myenv", "system", "latest", "3.x", "3.12,3.11", "=3.11", "python-3.11", "miniconda3-4.7.12",
        "pypy3.9-7.3.11", "3.11-dev", "jython-2.7", "3.11:3.10", "@", "=="}) {
    CAPTURE(name);
    CHECK_FALSE(request(name));
  }
  CHECK(request("3.11 3.10")->versions.canonical() == "==3.11.*");
  CHECK(request("3.11.2/envs/foo")->versions.canonical() == "==3.11.2");
  CHECK(request("./python")->text == "/project/./python");
  CHECK(request("/opt/python")->text == "/opt/python");
}

TEST_CASE("an environment of pyenv's in a version file is that environment") {
  const TemporaryDirectory folder;
  unsetenv("PYENV_ROOT");
  folder.write(".pyenv/versions/myenv/bin/python", "");
  REQUIRE(chmod((folder / ".pyenv/versions/myenv/bin/python").c_str(), 0755) == 0);
  const auto request = version_file_request("myenv", folder / "a/.python-version", folder / "");
  REQUIRE(request);
  CHECK(request->kind == InterpreterRequest::Kind::path);
  CHECK(request->text.ends_with(".pyenv/versions/myenv"));
}

TEST_CASE("uv's further spellings of versions are understood") {
  CHECK(InterpreterRequest::parse("cpython-3.12").implementation == "cpython");
  CHECK(InterpreterRequest::parse("cpython-3.12.1-linux-x86_64-gnu").versions.canonical() == "==3.12.1");
  CHECK(InterpreterRequest::parse("Python 3.12").versions.canonical() == "==3.12.*");
  CHECK(InterpreterRequest::parse("v3.12").versions.canonical() == "==3.12.*");
  CHECK(InterpreterRequest::parse("python-3.12").kind == InterpreterRequest::Kind::executable_name);
}

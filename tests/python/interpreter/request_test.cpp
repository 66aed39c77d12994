#include <doctest/doctest.h>

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

TEST_CASE("whether an interpreter is what was asked for") {
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
  const Folder folder;
  folder.write(".python-version", "# ours\n\n 3.11 # because\n3.10\n");
  folder.write("a/.python-versions", "\n");
  folder.write("a/b/x", "");
  const auto found = find_python_version_file(folder / "a/b");
  REQUIRE(found);
  CHECK(found->first == folder / ".python-version");
  CHECK(found->second == "3.11");
  folder.write("a/.python-version", "pypy3.9\n");
  CHECK(find_python_version_file(folder / "a/b")->second == "pypy3.9");
}

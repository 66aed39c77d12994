#include "python/interpreter/interpreter.h"

#include <doctest/doctest.h>

#include "python/interpreter/probe.h"
#include "store/platform/error.h"
#include "world.h"

using namespace envstore;
using namespace envstore::test;

TEST_CASE("the answer of a probe is stored and read back unchanged") {
  const Interpreter asked = Interpreter::from_probe(answer_of("/opt/bin/python", 3, 11, "3.11.2"));
  const Interpreter read = Interpreter::decode(asked.encode());
  CHECK(read.encode() == asked.encode());
  CHECK(read.identity() == asked.identity());
  CHECK(read.tags.glibc == std::pair(2, 36));
  CHECK(read.tags.manylinux_override.at({2, 17}) == false);
}

TEST_CASE("stored facts cut short anywhere are damage") {
  const std::string facts = Interpreter::from_probe(answer_of("/opt/bin/python", 3, 11, "3.11.2")).encode();
  for (std::size_t size = 0; size < facts.size(); ++size)
    CHECK_THROWS_AS(Interpreter::decode(std::string_view(facts).substr(0, size)), Error);
}

TEST_CASE("a probe's answer cut short anywhere is refused") {
  const std::string answer = answer_of("/opt/bin/python", 3, 11, "3.11.2");
  for (std::size_t size = 0; size < answer.size(); ++size)
    CHECK_THROWS_AS(Interpreter::from_probe(std::string_view(answer).substr(0, size)), Error);
}

TEST_CASE("output of sitecustomize beside the answer is ignored") {
  const std::string answer = "hello\n{}\n\n" + answer_of("/opt/bin/python", 3, 11, "3.11.2") + "\nbye\n";
  CHECK(Interpreter::from_probe(answer).version == "3.11.2");
}

TEST_CASE("a free-threaded build has its own ABI and library folder") {
  for (const int minor : {13, 14}) {
    const auto build = Interpreter::from_probe(
        answer_of("/opt/bin/python3", 3, minor, "3." + std::to_string(minor) + ".0", "cpython", true));
    CHECK(build.free_threaded);
    CHECK(build.tags.free_threaded);
    CHECK(build.tags.abi == "cp3" + std::to_string(minor) + "t");
    CHECK(build.site_path == "lib/python3." + std::to_string(minor) + "t/site-packages");
  }
}

TEST_CASE("PyPy's ABI is the beginning of its SOABI") {
  const auto pypy = Interpreter::from_probe(answer_of("/opt/bin/pypy3", 3, 9, "3.9.16", "pypy"));
  CHECK(pypy.tags.abi == "pypy39_pp73");
  CHECK(pypy.tags.implementation == "pypy");
}

TEST_CASE("an answer that leads out of the prefix is refused") {
  for (const char* site : {"../x", "/lib/x", "lib/../../etc", "lib/a\\nb", "", "lib/"}) {
    std::string answer = answer_of("/opt/bin/python", 3, 11, "3.11.2");
    const std::string good = "lib/python3.11/site-packages";
    answer.replace(answer.find(good), good.size(), site);
    CHECK_THROWS_AS(Interpreter::from_probe(answer), Error);
  }
}

TEST_CASE("every interpreter of this machine answers the probe") {
  for (const std::string& path : real_interpreters()) {
    CAPTURE(path);
    const Interpreter interpreter = Interpreter::from_probe(run_probe(path, "/"));
    CHECK(interpreter.major >= 2);
    CHECK(interpreter.markers.size() == 11);
    CHECK(interpreter.site_path.find("site-packages") != std::string::npos);
    CHECK(interpreter.site_path.find("dist-packages") == std::string::npos);
    CHECK(interpreter.tags.platform.starts_with("linux_"));
    CHECK((interpreter.tags.glibc.has_value() || interpreter.tags.musl.has_value()));
    CHECK(access(interpreter.path.c_str(), X_OK) == 0);
  }
}

#include "python/interpreter/other_target.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;

namespace {

Interpreter here() {
  Interpreter interpreter;
  interpreter.path = "/usr/bin/python3.11";
  interpreter.implementation = "cpython";
  interpreter.version = "3.11.2";
  interpreter.major = 3;
  interpreter.minor = 11;
  interpreter.markers = {{"python_version", "3.11"},           {"python_full_version", "3.11.2"},
                         {"implementation_version", "3.11.2"}, {"sys_platform", "linux"},
                         {"platform_machine", "x86_64"},       {"platform_release", "6.1"}};
  interpreter.tags.implementation = "cpython";
  interpreter.tags.version = {3, 11};
  interpreter.tags.abi = "cp311";
  interpreter.tags.platform = "linux_x86_64";
  interpreter.tags.glibc = {{2, 36}};
  return interpreter;
}

bool takes(const OtherTarget& target, const std::string& tag) {
  const pypackaging::TagPriority tags(pypackaging::supported_tags(interpreter_of(here(), target).tags));
  return tags.rank(*pypackaging::parse_tag(tag)).has_value();
}

}  // namespace

TEST_CASE("another version of Python: tags, markers and version; a minor version is its first release") {
  const Interpreter other = interpreter_of(here(), {"3.13", ""});
  CHECK(other.version == "3.13.0");
  CHECK(other.minor == 13);
  CHECK(other.markers.at("python_version") == "3.13");
  CHECK(other.markers.at("python_full_version") == "3.13.0");
  CHECK(other.markers.at("implementation_version") == "3.13.0");
  CHECK(other.markers.at("platform_release") == "6.1");
  CHECK(other.path == "/usr/bin/python3.11");
  CHECK(interpreter_of(here(), {"3.12.4", ""}).version == "3.12.4");
  CHECK(takes({"3.13", ""}, "cp313-cp313-manylinux_2_36_x86_64"));
  CHECK_FALSE(takes({"3.13", ""}, "cp311-cp311-manylinux_2_17_x86_64"));
  CHECK(interpreter_of(here(), {}).version == "3.11.2");
}

TEST_CASE("another platform: its wheels, the values of its markers") {
  CHECK(takes({"", "windows"}, "cp311-cp311-win_amd64"));
  CHECK_FALSE(takes({"", "windows"}, "cp311-cp311-manylinux_2_17_x86_64"));
  CHECK(takes({"", "i686-pc-windows-msvc"}, "cp311-cp311-win32"));
  CHECK(takes({"", "linux"}, "cp311-cp311-manylinux_2_28_x86_64"));
  CHECK_FALSE(takes({"", "linux"}, "cp311-cp311-manylinux_2_29_x86_64"));
  CHECK(takes({"", "aarch64-manylinux_2_31"}, "cp311-cp311-manylinux_2_31_aarch64"));
  CHECK_FALSE(takes({"", "x86_64-manylinux2014"}, "cp311-cp311-manylinux_2_18_x86_64"));
  CHECK(takes({"", "x86_64-unknown-linux-musl"}, "cp311-cp311-musllinux_1_2_x86_64"));
  CHECK(takes({"", "macos"}, "cp311-cp311-macosx_11_0_arm64"));
  CHECK(takes({"", "macos"}, "cp311-cp311-macosx_10_9_universal2"));
  CHECK_FALSE(takes({"", "macos"}, "cp311-cp311-macosx_10_9_x86_64"));
  CHECK_FALSE(takes({"", "macos"}, "cp311-cp311-macosx_14_0_arm64"));
  CHECK(takes({"", "x86_64-apple-darwin"}, "cp311-cp311-macosx_10_9_x86_64"));
  const auto markers = interpreter_of(here(), {"", "aarch64-pc-windows-msvc"}).markers;
  CHECK(markers.at("sys_platform") == "win32");
  CHECK(markers.at("platform_machine") == "ARM64");
  CHECK(markers.at("os_name") == "nt");
  CHECK(markers.at("platform_release").empty());
  CHECK(markers.at("python_full_version") == "3.11.2");
}

TEST_CASE("what is no version or no platform is an error that names it") {
  for (const char* version : {"3", "x", "3.12.1.2", "3.12+x", "1!3.12", "3.12.post1"})
    CHECK_THROWS_AS(interpreter_of(here(), {version, ""}), Error);
  for (const char* platform : {"solaris", "x86_64-manylinux_2_16", "x86_64-manylinux_2_x",
                               "s390x-manylinux_2_28", "wasm32-pyodide2024", "x86_64-", "-"})
    CHECK_THROWS_AS(interpreter_of(here(), {"", platform}), Error);
}

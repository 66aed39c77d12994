#include "pypackaging/filename.h"

#include <doctest/doctest.h>

using namespace pypackaging;

TEST_CASE("a wheel's file name is taken apart") {
  const auto wheel = WheelFilename::parse("Foo_Bar.Baz-1.0.0+local.1-2abc-py2.py3-none-any.whl");
  REQUIRE(wheel);
  CHECK(wheel->name == "foo-bar-baz");
  CHECK(wheel->version.canonical() == "1.0.0+local.1");
  REQUIRE(wheel->build.has_value());
  CHECK(wheel->build->first == 2);
  CHECK(wheel->build->second == "abc");
  CHECK(wheel->tags.size() == 2);
}

TEST_CASE("file names that are no wheel's are refused") {
  for (const char* name :
       {"", ".whl", "a.whl", "a-1.0-py3-none.whl", "a-1.0-py3-none-any.zip", "a-1.0-py3-none-any",
        "a-1.0-x1-py3-none-any.whl", "a-b-1.0-py3-none-any.whl", "a__b-1.0-py3-none-any.whl",
        "-1.0-py3-none-any.whl", "a-one-py3-none-any.whl", "a-1.0-1-2-py3-none-any.whl",
        "../a-1.0-py3-none-any.whl", "a-1.0-99999999999999999999999-py3-none-any.whl"}) {
    CAPTURE(name);
    CHECK_FALSE(WheelFilename::parse(name).has_value());
  }
}

TEST_CASE("every truncated length of a file name is refused or is another file's name") {
  const std::string whole = "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl";
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_FALSE(WheelFilename::parse(std::string_view(whole).substr(0, length)).has_value());
}

TEST_CASE("a source distribution's file name is split at its last dash") {
  const auto sdist = SdistFilename::parse("foo-bar-1.0.post1.tar.gz");
  REQUIRE(sdist);
  CHECK(sdist->name == "foo-bar");
  CHECK(sdist->version.canonical() == "1.0.post1");
  CHECK(SdistFilename::parse("foo-1.0.zip").has_value());
  for (const char* name :
       {"foo.tar.gz", "foo-.tar.gz", "-1.0.tar.gz", "foo-1.0.tgz", "foo-1.0.rar", "foo-x.tar.gz"}) {
    CAPTURE(name);
    CHECK_FALSE(SdistFilename::parse(name).has_value());
  }
}

TEST_CASE("the project's name decides where an old source distribution's file name is split") {
  const auto sdist = SdistFilename::parse("foo-1.0-2.tar.gz", "foo");
  REQUIRE(sdist);
  CHECK(sdist->version.canonical() == "1.0.post2");
  CHECK(SdistFilename::parse("Foo_Bar-1.0.tgz", "foo-bar").has_value());
  CHECK_FALSE(SdistFilename::parse("other-1.0.tar.gz", "foo").has_value());
}

TEST_CASE("names that no project can have, foreign characters and blanks are refused") {
  for (const char* name : {"_a-1-py3-none-any.whl", "a_-1-py3-none-any.whl", "..-1-py3-none-any.whl",
                           "\xC3\xA9-1-py3-none-any.whl", "a-1 -py3-none-any.whl", "a-1-py3-none-a@b.whl",
                           "a-1-3-none-any.whl", "a-1-py3-none-any.WHL"}) {
    CAPTURE(name);
    CHECK_FALSE(WheelFilename::parse(name).has_value());
  }
}

TEST_CASE("file names that mean millions of tags, or have megabytes of dashes, are refused at once") {
  std::string set = "a0";
  for (int i = 1; i < 200; ++i) set += ".a" + std::to_string(i);
  CHECK_FALSE(WheelFilename::parse("a-1-" + set + "-" + set + "-" + set + ".whl").has_value());
  CHECK_FALSE(SdistFilename::parse("a" + std::string(5'000'000, '-') + "1.zip", "a").has_value());
}

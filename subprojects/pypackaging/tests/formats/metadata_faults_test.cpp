#include <doctest/doctest.h>

#include "pypackaging/metadata.h"

using namespace pypackaging;

namespace {

const std::string kHead = "Metadata-Version: 2.4\nName: a\nVersion: 1\n";

CoreMetadata with(const std::string& lines) {
  return CoreMetadata::parse(kHead + lines);
}

std::string first_error(const CoreMetadata& metadata) {
  return metadata.errors.empty() ? "" : metadata.errors.front().message;
}

}  // namespace

TEST_CASE("a line that can be no header ends the headers and begins the description") {
  const CoreMetadata metadata = with("no header\nRequires-Dist: x\n");
  CHECK(metadata.requires_dist.empty());
  CHECK(metadata.fields.at("description").front() == "no header\nRequires-Dist: x\n");
  REQUIRE(metadata.errors.size() == 1);
  CHECK(metadata.errors.front().position == kHead.size());
  CHECK_FALSE(metadata.fatal_error().has_value());
}

TEST_CASE("a continuation of nothing and a header without a name are passed over") {
  const CoreMetadata metadata = CoreMetadata::parse(" x\n: y\n" + kHead);
  CHECK(metadata.errors.size() == 2);
  CHECK(metadata.name == "a");
}

TEST_CASE("bytes that are not UTF-8 are replaced and reported, in headers and in the body") {
  const CoreMetadata metadata = with("Author: J\xF6rg\n\nbody \xFF\xED\xA0\x80 \xE2\x82\xAC\n");
  CHECK(metadata.fields.at("author").front() == "J\xEF\xBF\xBDrg");
  CHECK(metadata.fields.at("description").front() ==
        "body \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xE2\x82\xAC\n");
  CHECK(metadata.errors.size() == 2);
  CHECK_FALSE(metadata.fatal_error().has_value());
}

TEST_CASE("the first of a repeated field counts, but two names or versions are no metadata") {
  const CoreMetadata harmless = with("Requires-Python: >=3.9\nRequires-Python: >=3.10\nName: a\n");
  CHECK(harmless.requires_python->canonical() == ">=3.9");
  CHECK(harmless.errors.size() == 2);
  CHECK_FALSE(harmless.fatal_error().has_value());
  CHECK(with("Name: b\n").fatal_error().has_value());
  CHECK(with("Version: 2\n").fatal_error().has_value());
}

TEST_CASE("a description in a header and in the body keeps the header's") {
  const CoreMetadata metadata = with("Description: one\n\ntwo\n");
  CHECK(metadata.fields.at("description") == std::vector<std::string>{"one"});
  REQUIRE(metadata.errors.size() == 1);
  CHECK(metadata.errors.front().position == kHead.size() + 18);
}

TEST_CASE("a field from a later metadata version is reported once and still read") {
  const CoreMetadata metadata =
      CoreMetadata::parse("Metadata-Version: 1.1\nName: a\nVersion: 1\nRequires-Dist: b\nRequires-Dist: c\n");
  REQUIRE(metadata.errors.size() == 1);
  CHECK(first_error(metadata) == "requires-dist: belongs to metadata version 1.2, not 1.1");
  CHECK(metadata.requires_dist.size() == 2);
  CHECK_FALSE(metadata.fatal_error().has_value());
}

TEST_CASE("values that the specification does not allow are reported, and are not fatal") {
  for (const char* line : {"Summary: a\n b\n",
                           "Description-Content-Type: text/html\n",
                           "Description-Content-Type: text/plain; charset=latin-1\n",
                           "Description-Content-Type: text/markdown; variant=Own\n",
                           "License-File: ../LICENSE\n",
                           "License-File: /LICENSE\n",
                           "License-File: a\\b\n",
                           "License-File: C:LICENSE\n",
                           "License-File:\n",
                           "License-Expression:\n",
                           "License-Expression: MIT OR\n",
                           "License-Expression: (MIT\n",
                           "License-Expression: MIT)\n",
                           "License-Expression: MIT BSD\n",
                           "License-Expression: AND\n",
                           "License-Expression: MIT WITH x WITH y\n",
                           "License-Expression: (MIT) WITH x\n",
                           "License-Expression: M/T\n",
                           "Dynamic: version\n",
                           "Dynamic: nonsense\n",
                           "Provides-Extra: -\n"}) {
    CAPTURE(line);
    const CoreMetadata metadata = with(line);
    CHECK(metadata.errors.size() == 1);
    CHECK_FALSE(metadata.fatal_error().has_value());
  }
}

TEST_CASE("values that the specification allows are no faults") {
  for (const char* line :
       {"Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM\n",
        "Description-Content-Type: text/x-rst\n", "License-File: licenses/a..b/LICENSE\n",
        "License-Expression: MIT\n", "License-Expression: mit or (Apache-2.0 AND GPL-2.0+ with x)\n",
        "License-Expression: LicenseRef-Own\n", "Dynamic: License-File\n", "X-Unknown: \n"}) {
    CAPTURE(line);
    CHECK(first_error(with(line)) == "");
  }
}

TEST_CASE("messages show foreign text harmlessly") {
  const CoreMetadata metadata = CoreMetadata::parse("Name: \x1b[31m" + std::string(1000, 'x') + "\n");
  for (const ParseError& error : metadata.errors) {
    CHECK(error.message.find('\x1b') == std::string::npos);
    CHECK(error.message.size() < 400);
  }
}

TEST_CASE("the first of several fields counts in WHEEL too") {
  const auto info = WheelInfo::parse("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nWheel-Version: 2.0\n");
  REQUIRE(info);
  CHECK(info->wheel_version == std::pair{1, 0});
  CHECK_FALSE(WheelInfo::parse("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nstray\n").has_value());
}

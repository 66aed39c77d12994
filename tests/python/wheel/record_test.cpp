#include "python/wheel/record.h"

#include "ingest_world.h"

using namespace envstore;
using namespace envstore::test;

TEST_CASE("signatures of RECORD need no hash; sha384, sha512, padding and hexadecimal digits are accepted") {
  for (const char* algorithm : {"sha256", "sha384", "sha512"}) {
    World world;
    WheelParts wheel = a_wheel();
    wheel.unrecorded = {{.name = "pkg-1.0.dist-info/RECORD.jws", .content = "{}"},
                        {.name = "b.py", .content = "b"},
                        {.name = "c.py", .content = "c"}};
    const auto digest = [&](const char* text) { return record_digest(algorithm, bytes_of(text)); };
    wheel.record_addition = std::string("b.py,") + algorithm + "=" + urlsafe_base64(digest("b")) + "==,1\n" +
                            "c.py," + algorithm + "=" + to_hex(digest("c")) + ",\n";
    CHECK(world.reason(wheel) == "accepted");
  }
}

TEST_CASE("what is odd in RECORD but harmless is accepted with one warning a kind") {
  World world;
  WheelParts wheel = a_wheel();
  const std::string twice = record_line("pkg/__init__.py", "x = 1\n");
  wheel.record_addition = twice + twice + "pkg/,,\npkg,,\ngone.py,,\n" + record_line("also/gone.py", "") +
                          ".\\pkg\\__init__.py,,\n../../../bin/pkg,,\n";
  const auto warnings = warnings_of(world, wheel);
  const std::string record = "RECORD of 'pkg-1.0-py3-none-any.whl' ";
  REQUIRE(warnings.size() == 3);
  CHECK(warnings[0] == record + "lists a file twice: 'pkg/__init__.py' (and 2 more)");
  CHECK(warnings[1] == record + "lists a directory: 'pkg' (and 1 more)");
  CHECK(warnings[2] == record + "lists a file that is not there: '../../../bin/pkg' (and 2 more)");
  const auto files = world.files(world.ingest(wheel));
  CHECK(files.at("site/pkg-1.0.dist-info/RECORD").find("gone") == std::string::npos);
}

TEST_CASE("Windows' separators, capital letters and other strong digests in RECORD are understood") {
  WheelParts wheel = a_wheel();
  wheel.unrecorded = {{.name = "pkg/a.py", .content = "a"}, {.name = "pkg/b.py", .content = "b"}};
  const auto line = [](const std::string& path, const char* algorithm, const char* written,
                       const std::string& content) {
    return path + "," + written + "=" + urlsafe_base64(record_digest(algorithm, bytes_of(content))) + ",\n";
  };
  wheel.record_addition =
      line("pkg\\a.py", "sha256", "SHA256", "a") + line("./pkg/b.py", "blake2b", "blake2b", "b");
  World world;
  CHECK(world.files(world.ingest(wheel)).at("site/pkg/b.py") == "b");
  wheel.record_addition =
      line("pkg\\a.py", "sha256", "SHA256", "a") + line("pkg/b.py", "sha3_256", "sha3_256", "x");
  World other;
  CHECK(other.reason(wheel).find("'pkg/b.py'") != std::string::npos);
}

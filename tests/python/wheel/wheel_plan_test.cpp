#include "ingest_world.h"
#include "python/wheel/forest_rules.h"
#include "python/wheel/record.h"

using namespace envstore;
using namespace envstore::test;

TEST_CASE("the directories of .data, and their paths in RECORD") {
  World world;
  WheelParts wheel = a_wheel();
  const std::string data = "pkg-1.0.data/";
  wheel.files.push_back({.name = data + "purelib/a.py", .content = "a"});
  wheel.files.push_back({.name = data + "platlib/b.so", .content = "b", .mode = 0100755});
  wheel.files.push_back({.name = data + "headers/c.h", .content = "c"});
  wheel.files.push_back({.name = data + "scripts/run", .content = "#!python\nprint(1)\n"});
  wheel.files.push_back({.name = data + "scripts/tool", .content = "#!/bin/sh\n"});
  wheel.files.push_back({.name = data + "data/share/d,e", .content = "d"});
  wheel.files.push_back({.name = data + "data/bin/f", .content = "f"});
  wheel.files.push_back({.name = "other.data/g", .content = "g"});
  const TreeId id = world.ingest(wheel);
  auto files = world.files(id);
  CHECK(files["site/a.py"] == "a");
  CHECK(files["site/b.so*"] == "b");
  CHECK(files["include/pkg/c.h"] == "c");
  CHECK(files["bin/run*"].starts_with("#!/bin/sh\n'''exec' "));
  CHECK(files["bin/tool*"] == "#!/bin/sh\n");
  CHECK(files["data/share/d,e"] == "d");
  CHECK(files["bin/f"] == "f");
  CHECK(files["site/other.data/g"] == "g");
  const std::string record = files["site/pkg-1.0.dist-info/RECORD"];
  CHECK(record.find(record_line("../../../bin/run", files["bin/run*"])) != std::string::npos);
  CHECK(record.find(record_line("../../../include/pkg/c.h", "c")) != std::string::npos);
  CHECK(record.find(record_line("../../../share/d,e", "d")) != std::string::npos);
  CHECK(record.find(record_line("a.py", "a")) != std::string::npos);
}

TEST_CASE("what puts a distribution into forest form") {
  World world;
  WheelParts wheel = a_wheel();
  wheel.files.push_back({.name = "pkg-1.0.data/data/share/x", .content = "x"});
  wheel.files.push_back({.name = "pkg-1.0.data/data/etc/x", .content = "x"});
  CHECK(world.row(world.ingest(wheel)).forest_reason.empty());
  wheel.files.push_back({.name = "pkg-1.0.data/data/lib/libx.so", .content = "x"});
  CHECK(world.row(world.ingest(wheel)).forest_reason.find("lib") != std::string::npos);
  REQUIRE(forest_rule("coverage") != nullptr);
  CHECK(forest_rule("numpy") == nullptr);
  CHECK(forest_rule("") == nullptr);
  CHECK(forest_rule("zzz") == nullptr);
}

TEST_CASE("two members at one path are one file if they have the same bytes, and are refused otherwise") {
  WheelParts wheel = a_wheel();
  wheel.files.push_back({.name = "pkg-1.0.data/purelib/pkg/__init__.py", .content = "x = 1\n"});
  World world;
  const auto warnings = warnings_of(world, wheel);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("'pkg-1.0.data/purelib/pkg/__init__.py'") != std::string::npos);
  CHECK(world.files(world.ingest(wheel)).at("site/pkg/__init__.py") == "x = 1\n");

  World other;
  wheel.files.back().content = "x = 2\n";
  const std::string reason = other.reason(wheel);
  CAPTURE(reason);
  CHECK(reason.find("'pkg/__init__.py'") != std::string::npos);
  CHECK(reason.find("'pkg-1.0.data/purelib/pkg/__init__.py'") != std::string::npos);
}

TEST_CASE("a member that occurs twice with the same bytes is one file, with a warning") {
  World world;
  WheelParts wheel = a_wheel();
  wheel.unrecorded = {{.name = "pkg/__init__.py", .content = "x = 1\n", .deflate = true}};
  CHECK(warnings_of(world, wheel) ==
        std::vector<std::string>{
            "'pkg-1.0-py3-none-any.whl' holds a file twice, with the same content: 'pkg/__init__.py'"});
  CHECK(world.files(world.ingest(wheel)).at("site/pkg/__init__.py") == "x = 1\n");
}

TEST_CASE("names in other spellings of the same distribution are accepted") {
  World world;
  WheelParts wheel;
  wheel.name = "My.Pkg";
  wheel.metadata = "Metadata-Version: 2.1\nName: my-pkg\nVersion: 1\n";
  CHECK(world.ingest(wheel.archive(), {.filename = "my_pkg-1.0-py3-none-any.whl",
                                       .expected_name = "my-pkg",
                                       .expected_version = "1.0.0"}) != TreeId{});
}

TEST_CASE("a newer minor version of the format is a warning") {
  World world;
  WheelParts wheel = a_wheel();
  wheel.wheel = "Wheel-Version: 1.7\nGenerator: test\nRoot-Is-Purelib: false\nTag: py3-none-any\n";
  std::vector<std::string> warnings;
  WheelOrigin origin{.filename = wheel.filename()};
  origin.on_warning = [&](const std::string& text) { warnings.push_back(text); };
  world.ingest(wheel.archive(), origin);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("1.7") != std::string::npos);
}

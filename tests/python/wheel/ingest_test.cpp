#include <doctest/doctest.h>

#include <algorithm>
#include <future>

#include "ingest_world.h"
#include "python/wheel/record.h"

using namespace envstore;
using namespace envstore::test;

TEST_CASE("a wheel becomes a tree with INSTALLER and a RECORD that fits") {
  World world;
  const TreeId id = world.ingest(a_wheel());
  auto files = world.files(id);
  CHECK(files["site/pkg/__init__.py"] == "x = 1\n");
  CHECK(files["site/pkg-1.0.dist-info/INSTALLER"] == "envstore\n");
  const std::string record = files["site/pkg-1.0.dist-info/RECORD"];
  CHECK(record.find(record_line("pkg/__init__.py", "x = 1\n")) != std::string::npos);
  CHECK(record.find(record_line("pkg-1.0.dist-info/INSTALLER", "envstore\n")) != std::string::npos);
  CHECK(record.find("pkg-1.0.dist-info/RECORD,,\n") != std::string::npos);
  CHECK(std::count(record.begin(), record.end(), '\n') == static_cast<std::ptrdiff_t>(files.size()));
  const TreeRow row = world.row(id);
  CHECK(row.name == "pkg");
  CHECK(row.version == "1.0");
  CHECK(row.forest_reason.empty());
}

TEST_CASE("the same wheel is the same tree, and is not read again") {
  World world;
  const std::string archive = a_wheel().archive();
  const std::string hash = WheelHash{sha256(bytes_of(archive))}.hex();
  const WheelOrigin origin{.filename = a_wheel().filename(), .expected_sha256 = hash};
  const TreeId id = world.ingest(archive, origin);
  CHECK(world.ingest(archive, origin) == id);
  CHECK(world.ingest_again(origin, "/there/is/no/such.whl") == id);
}

TEST_CASE("many at once ingest one wheel and agree") {
  World world;
  const std::string archive = a_wheel().archive();
  const TreeId id = world.ingest(a_wheel());
  std::vector<std::future<TreeId>> all;
  World other;
  const std::string path = path_of(other.store().root()) + "/wheel";
  create_file(AT_FDCWD, path, archive, 0600);
  for (int i = 0; i < 8; ++i)
    all.push_back(std::async(std::launch::async,
                             [&] { return other.ingest_again({.filename = a_wheel().filename()}, path); }));
  for (auto& one : all) CHECK(one.get() == id);
}

TEST_CASE("entry points become scripts and outrank a script of the same name") {
  World world;
  WheelParts wheel = a_wheel();
  wheel.entry_points =
      "[console_scripts]\nhi = pkg.cli:App.main [extra]\n[gui_scripts]\nwin = pkg:gui\n"
      "[other]\nthing = not an object\n";
  wheel.files.push_back({.name = "pkg-1.0.data/scripts/hi", .content = "#!/bin/sh\n"});
  auto files = world.files(world.ingest(wheel));
  CHECK(files["bin/hi*"].find("from pkg.cli import App\n") != std::string::npos);
  CHECK(files["bin/hi*"].find("sys.exit(App.main())") != std::string::npos);
  CHECK(files.contains("bin/win*"));
  CHECK_FALSE(files.contains("bin/thing*"));
}

TEST_CASE("bytecode of the wheel is dropped, listed or not") {
  World world;
  WheelParts wheel = a_wheel();
  wheel.files.push_back({.name = "pkg/__pycache__/a.cpython-311.pyc", .content = "evil"});
  wheel.unrecorded.push_back({.name = "__pycache__/b.cpython-311.pyc", .content = "evil"});
  wheel.record_addition = "pkg/__pycache__/gone.pyc,,\n";
  for (const auto& [path, content] : world.files(world.ingest(wheel))) CHECK(content != "evil");
}

TEST_CASE("the origin is kept without credentials") {
  World world;
  const TreeId id = world.ingest(
      a_wheel().archive(), {.filename = a_wheel().filename(), .url = "https://user:secret@host/a@b/pkg.whl"});
  CHECK(world.row(id).origin == "https://host/a@b/pkg.whl");
}

TEST_CASE("hostile and broken wheels are refused, and leave nothing") {
  const auto refused = [](const WheelParts& wheel, const std::string& part_of_reason) {
    World world;
    const std::string reason = world.reason(wheel);
    CAPTURE(reason);
    CHECK(reason.find(part_of_reason) != std::string::npos);
  };
  const std::string info = "pkg-1.0.dist-info/";
  WheelParts wheel = a_wheel();
  wheel.record = "";
  refused(wheel, "RECORD does not list it");
  const auto with_record = [&](const std::string& line) {
    WheelParts changed = a_wheel();
    changed.files.clear();
    changed.unrecorded = {{.name = "a.py", .content = "a"}};
    changed.record_addition = line;
    return changed;
  };
  refused(with_record(""), "'a.py' of 'pkg-1.0-py3-none-any.whl': RECORD does not list it");
  refused(with_record(record_line("a.py", "b")), "its hash is not the one in RECORD");
  refused(with_record("a.py,sha256=,1\n"), "RECORD");
  refused(with_record("a.py,,1\n"), "RECORD has no hash of it");
  refused(with_record("a.py,md5=DMF1ucDxtqgxw5niaXcmYQ,1\n"), "proves nothing (md5)");
  refused(with_record("a.py,sha1=hvfkN_qlp_zhXR3cuerq6jd2Z7g,1\n"), "proves nothing (sha1)");
  refused(with_record("a.py,sha256=ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs,2\n"), "its size");
  refused(with_record(record_line("a.py", "a") + record_line("a.py", "b")),
          "its hash is not the one in RECORD");
  refused(with_record(record_line("a.py", "b") + record_line("a.py", "a")),
          "its hash is not the one in RECORD");
  refused(with_record("a.py,,\na.py,md5=DMF1ucDxtqgxw5niaXcmYQ,1\n"), "proves nothing (md5)");

  wheel = a_wheel();
  wheel.wheel = "Wheel-Version: 2.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
  refused(wheel, "wheel format 2.0");
  wheel.wheel = "nonsense";
  refused(wheel, "WHEEL");
  for (const char* metadata :
       {"Metadata-Version: 2.1\nName: other\nVersion: 1.0\n",
        "Metadata-Version: 2.1\nName: pkg\nVersion: 2.0\n", "Metadata-Version: 2.1\nName: pkg\n", "",
        "Metadata-Version: 3.0\nName: pkg\nVersion: 1.0\n"}) {
    wheel = a_wheel();
    wheel.metadata = metadata;
    refused(wheel, "METADATA");
  }
  for (const char* entry : {"../evil = os:getcwd", "a/b = os:getcwd", "python = os:getcwd",
                            "evil = os; import x:main", "evil = os"}) {
    wheel = a_wheel();
    wheel.entry_points = std::string("[console_scripts]\n") + entry + "\n";
    refused(wheel, "cannot");
  }
  for (const char* path :
       {"scripts/a/b", "scripts/python3", "evil/x", "purelib", "data/pyvenv.cfg", "data/bin/python",
        "purelib/pkg/__init__.py", "purelib/other-1.0.dist-info/METADATA",
        "purelib/pkg-1.0.dist-info/METADATA", "purelib/pkg-1.0.dist-info/INSTALLER"}) {
    CAPTURE(path);
    wheel = a_wheel();
    wheel.files.push_back({.name = std::string("pkg-1.0.data/") + path, .content = "x"});
    refused(wheel, "cannot");
  }
  wheel = a_wheel();
  wheel.files.push_back({.name = "Other-1.0.Dist-Info/METADATA", .content = "x"});
  refused(wheel, "two .dist-info");
}

TEST_CASE("the version in the name of the dist-info directory does not count beside METADATA's") {
  World world;
  WheelParts wheel = a_wheel();
  wheel.version = "2.0";
  wheel.metadata = "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n";
  wheel.files.push_back({.name = "pkg-2.0.data/scripts/tool", .content = "#!python\n"});
  const auto files = world.files(world.ingest(wheel.archive(), {.filename = "pkg-1.0-py3-none-any.whl"}));
  CHECK(files.contains("site/pkg-2.0.dist-info/METADATA"));
  CHECK(files.contains("bin/tool*"));
}

TEST_CASE("a wheel of another name, version or platform than requested is refused") {
  World world;
  const std::string archive = a_wheel().archive();
  const std::string name = a_wheel().filename();
  CHECK(world.reason(archive, {.filename = name, .expected_sha256 = std::string(64, '0')}).find("SHA-256") !=
        std::string::npos);
  CHECK(world.reason(archive, {.filename = name, .expected_sha256 = "abc"}).find("not a SHA-256") !=
        std::string::npos);
  CHECK(world.reason(archive, {.filename = name, .expected_name = "other"}).find("not of other") !=
        std::string::npos);
  CHECK(world.reason(archive, {.filename = name, .expected_version = "2"}).find("not 2") !=
        std::string::npos);
  CHECK(world.reason(archive, {.filename = "other-1.0-py3-none-any.whl"}).find("does not fit") !=
        std::string::npos);
  CHECK(world.reason(archive, {.filename = "pkg-1.1-py3-none-any.whl"}).find("does not fit") !=
        std::string::npos);
  CHECK(world.reason(archive, {.filename = "pkg.whl"}).find("not that of a wheel") != std::string::npos);
  CHECK(world.reason(archive, {.filename = name}) == "accepted");
}

TEST_CASE("every truncated length of a wheel is refused") {
  World world;
  const std::string archive = a_wheel().archive();
  for (std::size_t length = 0; length < archive.size(); ++length) {
    CAPTURE(length);
    CHECK(world.reason(archive.substr(0, length), {.filename = a_wheel().filename()}) != "accepted");
  }
}

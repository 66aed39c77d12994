#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include <algorithm>
#include <future>
#include <map>

#include "python/wheel/forest_rules.h"
#include "python/wheel/record.h"
#include "python/wheel/wheel.h"
#include "store/index/index.h"
#include "store/platform/error.h"
#include "wheel_builder.h"

using namespace envstore;
using namespace envstore::test;

namespace {

class World {
 public:
  World() : path_(make_root()), store_(Store::open(path_ + "/store", clock_)), lease_(take_lease()) {}
  ~World() { remove_tree(AT_FDCWD, path_); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Store& store() { return store_; }

  TreeId ingest(const std::string& archive, const WheelOrigin& origin) {
    const std::string wheel = path_ + "/" + origin.filename;
    unlink_if_there(AT_FDCWD, wheel);
    create_file(AT_FDCWD, wheel, archive, 0600);
    return ingest_wheel(store_, lease_, workers_, wheel, origin);
  }
  TreeId ingest(const WheelParts& wheel) { return ingest(wheel.archive(), {.filename = wheel.filename()}); }
  TreeId ingest_again(const WheelOrigin& origin, const std::string& path) {
    return ingest_wheel(store_, lease_, workers_, path, origin);
  }

  std::string reason(const std::string& archive, const WheelOrigin& origin) {
    try {
      ingest(archive, origin);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid_input);
      CHECK(list_directory(store_.root(), store_paths::kTrees).empty());
      CHECK(list_directory(store_.root(), lease_.tmp_directory()).empty());
      return error.what();
    }
    return "accepted";
  }
  std::string reason(const WheelParts& wheel) {
    return reason(wheel.archive(), {.filename = wheel.filename()});
  }

  std::map<std::string, std::string> files(const TreeId& id) {
    std::map<std::string, std::string> found;
    const TreeManifest manifest = TreeManifest::load(store_, id);
    for (const TreeEntry& entry : manifest.entries())
      found[entry.path + (entry.executable == Executable::yes ? "*" : "")] =
          read_file(store_.root(), store_paths::tree(id) + "/" + entry.path);
    return found;
  }
  TreeRow row(const TreeId& id) { return store_.index().read().tree(id).value(); }

 private:
  static std::string make_root() {
    char name[] = "/tmp/envstore-wheel-XXXXXX";
    return mkdtemp(name);
  }
  Lease take_lease() { return *Lease::acquire(store_, LeaseKind::ingest, {}, "test"); }

  SystemClock clock_;
  std::string path_;
  Store store_;
  Lease lease_;
  WheelWorkers workers_{2};
};

WheelParts a_wheel() {
  WheelParts wheel;
  wheel.files = {{.name = "pkg/__init__.py", .content = "x = 1\n"}};
  return wheel;
}

}  // namespace

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

TEST_CASE("the places of .data, and how RECORD names them") {
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

TEST_CASE("the origin is kept without credentials") {
  World world;
  const TreeId id = world.ingest(
      a_wheel().archive(), {.filename = a_wheel().filename(), .url = "https://user:secret@host/a@b/pkg.whl"});
  CHECK(world.row(id).origin == "https://host/a@b/pkg.whl");
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

namespace {
/// Ingests the wheel and returns the warnings.
std::vector<std::string> warnings_of(World& world, const WheelParts& wheel) {
  std::vector<std::string> warnings;
  world.ingest(wheel.archive(), {.filename = wheel.filename(),
                                 .on_warning = [&](const std::string& text) { warnings.push_back(text); }});
  return warnings;
}
}  // namespace

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

TEST_CASE("a member that stands twice with the same bytes is one file, and said") {
  World world;
  WheelParts wheel = a_wheel();
  wheel.unrecorded = {{.name = "pkg/__init__.py", .content = "x = 1\n", .deflate = true}};
  CHECK(warnings_of(world, wheel) ==
        std::vector<std::string>{
            "'pkg-1.0-py3-none-any.whl' holds a file twice, with the same content: 'pkg/__init__.py'"});
  CHECK(world.files(world.ingest(wheel)).at("site/pkg/__init__.py") == "x = 1\n");
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

TEST_CASE("a wheel that is not what was asked for is refused") {
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

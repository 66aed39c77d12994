#include "python/lock/lock_selection.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;
using pypackaging::Marker;
using pypackaging::SpecifierSet;
using pypackaging::Tag;
using pypackaging::Version;

namespace {

IndexFile a_file(const std::string& name) {
  IndexFile file;
  file.filename = name;
  file.url = "https://files.invalid/" + name;
  file.hashes = {{"sha256", std::string(64, 'a')}};
  return file;
}

PylockPackage entry(const std::string& name, std::size_t line) {
  PylockPackage package;
  package.name = name;
  package.version = *Version::parse("1.0");
  package.wheels = {a_file(name + "-1.0-py3-none-any.whl")};
  package.line = line;
  return package;
}

struct World {
  Interpreter interpreter;
  pypackaging::TagPriority tags{{Tag{"cp311", "cp311", "linux_x86_64"}, Tag{"py3", "none", "any"}}};
  Version python = *Version::parse("3.11.2");
  Pylock pylock;
  BuildSettings build = {};

  explicit World(std::vector<PylockPackage> packages) {
    interpreter.implementation = "cpython";
    interpreter.version = "3.11.2";
    interpreter.markers = {{"python_version", "3.11"}, {"sys_platform", "linux"}};
    pylock.packages = std::move(packages);
  }
  Lock lock() const { return lock_of(pylock, "/pylock.toml", {interpreter, tags, python, build}); }
  std::string error(ErrorKind kind) const {
    try {
      lock();
    } catch (const Error& error) {
      CHECK(error.kind() == kind);
      CHECK(std::string(error.what()).starts_with("cannot install what '/pylock.toml' locks: "));
      return error.what();
    }
    return "no error";
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("entries whose markers are true are taken, sorted by name") {
  World world({entry("b", 1), entry("a", 2), entry("windows", 3), entry("grouped", 4), entry("extra", 5)});
  world.pylock.packages[1].marker = *Marker::parse("python_version >= '3.8'");
  world.pylock.packages[2].marker = *Marker::parse("sys_platform == 'win32'");
  world.pylock.packages[3].marker = *Marker::parse("'main' in dependency_groups");
  world.pylock.packages[4].marker = *Marker::parse("'fast' in extras");
  CHECK(world.lock().packages.size() == 2);
  world.pylock.default_groups = {"main"};
  const Lock lock = world.lock();
  REQUIRE(lock.packages.size() == 3);
  CHECK(lock.packages[0].name == "a");
  CHECK(lock.packages[2].name == "grouped");
  CHECK(lock.interpreter == world.interpreter.identity());
}

TEST_CASE("extras and groups are those of the choice; default groups can be left out") {
  World world({entry("a", 1), entry("fast", 2), entry("test", 3), entry("main", 4)});
  world.pylock.extras = {"fast-one"};
  world.pylock.dependency_groups = {"test"};
  world.pylock.default_groups = {"main"};
  world.pylock.packages[1].marker = *Marker::parse("'fast-one' in extras");
  world.pylock.packages[2].marker = *Marker::parse("'test' in dependency_groups");
  world.pylock.packages[3].marker = *Marker::parse("'main' in dependency_groups");
  const auto names = [&](const LockChoice& choice) {
    std::string text;
    const Lock lock = lock_of(world.pylock, "/pylock.toml",
                              {world.interpreter, world.tags, world.python, world.build, choice});
    for (const LockedPackage& package : lock.packages) text += package.name + " ";
    return text;
  };
  CHECK(names({}) == "a main ");
  CHECK(names({{"Fast.One"}, {}, {}}) == "a fast main ");
  CHECK(names({{}, {"test"}, {}}) == "a main test ");
  CHECK(names({{}, {"test"}, {"test", "main"}}) == "a ");
  CHECK(names({{"other"}, {"other"}, {}}) == "a main ");
  LockChoice all;
  all.all_extras = all.all_groups = all.without_default_groups = true;
  CHECK(names(all) == "a fast test ");
}

TEST_CASE("the best wheel of an entry is taken: by tag, then by build number") {
  World world({entry("a", 1)});
  auto& wheels = world.pylock.packages[0].wheels;
  wheels.push_back(a_file("a-1.0-cp311-cp311-win_amd64.whl"));
  CHECK(world.lock().packages[0].file.filename == "a-1.0-py3-none-any.whl");
  wheels.push_back(a_file("a-1.0-2-py3-none-any.whl"));
  CHECK(world.lock().packages[0].file.filename == "a-1.0-2-py3-none-any.whl");
  wheels.push_back(a_file("a-1.0-cp311-cp311-linux_x86_64.whl"));
  CHECK(world.lock().packages[0].file.filename == "a-1.0-cp311-cp311-linux_x86_64.whl");
}

TEST_CASE("two entries of one package for one environment are an error") {
  World world({entry("a", 3), entry("a", 9)});
  CHECK(has(world.error(ErrorKind::invalid_input), "line 9: a 1.0: the entry in line 3"));
  world.pylock.packages[0].marker = *Marker::parse("sys_platform == 'win32'");
  CHECK(world.lock().packages.size() == 1);
}

TEST_CASE("a lock for other environments is refused") {
  World world({entry("a", 1)});
  world.pylock.environments = {*Marker::parse("sys_platform == 'win32'"),
                               *Marker::parse("sys_platform == 'linux'")};
  CHECK(world.lock().packages.size() == 1);
  world.pylock.environments.pop_back();
  CHECK(has(world.error(ErrorKind::unresolvable), "other environments"));
  world.pylock.environments.clear();
  world.pylock.requires_python = *SpecifierSet::parse(">=3.12");
  CHECK(has(world.error(ErrorKind::unresolvable), "it is for Python >=3.12, and this is 3.11.2"));
}

TEST_CASE("an entry for another Python is an error, unless its marker leaves it out") {
  World world({entry("a", 7)});
  world.pylock.packages[0].requires_python = *SpecifierSet::parse(">=3.12");
  CHECK(has(world.error(ErrorKind::unresolvable), "line 7: a 1.0: it needs Python >=3.12"));
  world.pylock.packages[0].marker = *Marker::parse("sys_platform == 'win32'");
  CHECK(world.lock().packages.empty());
}

TEST_CASE("a marker that cannot be evaluated is an error that names the entry") {
  World world({entry("a", 7)});
  world.pylock.packages[0].marker = *Marker::parse("extra == 'x'");
  CHECK(has(world.error(ErrorKind::invalid_input), "line 7: a 1.0: its marker: "));
}

TEST_CASE("an entry without a wheel for this environment is an error, never left out") {
  World world({entry("a", 7)});
  PylockPackage& package = world.pylock.packages[0];
  package.wheels = {a_file("a-1.0-cp311-cp311-win_amd64.whl")};
  CHECK(has(world.error(ErrorKind::unresolvable), "line 7: a 1.0: none of its wheels fits"));
  package.sdist = a_file("a-1.0.tar.gz");
  CHECK(world.lock().packages[0].file.filename == "a-1.0.tar.gz");
  world.build.no_build = true;
  CHECK(has(world.error(ErrorKind::unresolvable), "line 7: a 1.0: it has only an sdist here"));
  world.build = {};
  package.sdist = a_file("b-1.0.tar.gz");
  CHECK(has(world.error(ErrorKind::invalid_input), "is of another package"));
  package.sdist = a_file("a-2.0.tar.gz");
  CHECK(has(world.error(ErrorKind::invalid_input), "is of another package"));
  package.wheels.clear();
  package.sdist.reset();
  CHECK(has(world.error(ErrorKind::unresolvable), "it has no file"));
  package.source_tree = "vcs";
  CHECK(has(world.error(ErrorKind::unsupported), "its vcs would have to be built"));
  package.source_tree.clear();
  package.archive = a_file("a-1.0.tar.gz");
  CHECK(has(world.error(ErrorKind::unsupported), "its archive would have to be built"));
  package.archive = a_file("b-1.0-py3-none-any.whl");
  CHECK(has(world.error(ErrorKind::invalid_input), "is of another package"));
  package.archive = a_file("a-1.0-py3-none-any.whl");
  CHECK(world.lock().packages.size() == 1);
}

TEST_CASE("hashes of every file are required, and weak ones prove nothing") {
  World world({entry("a", 1)});
  world.pylock.packages[0].wheels[0].hashes.add({"md5", std::string(32, 'b')});
  Lock lock = world.lock();
  const RequiredHashes hashes = hashes_of(lock, "/pylock.toml");
  CHECK(hashes.for_all);
  CHECK(hashes.of("a") == FileDigests{{"sha256", std::string(64, 'a')}});
  lock.packages[0].file.hashes = {{"md5", std::string(32, 'b')}};
  CHECK_THROWS_WITH_AS(
      hashes_of(lock, "/pylock.toml"),
      "cannot install what '/pylock.toml' locks: 'a-1.0-py3-none-any.whl' has no hash that proves anything",
      Error);
}

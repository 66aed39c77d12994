#include "python/resolve/resolve.h"

#include <doctest/doctest.h>

#include "python/resolve/upload_cutoffs.h"
#include "store/platform/error.h"

using namespace envstore;
using pypackaging::Dependencies;
using pypackaging::Requirement;
using pypackaging::Unavailable;
using pypackaging::Version;

namespace {

Requirement requirement(const std::string& text) {
  return *Requirement::parse(text);
}

Version version(const std::string& text) {
  return *Version::parse(text);
}

/// A package index in memory.
class MemorySource final : public FileSource {
 public:
  MemorySource& has(const std::string& name, const std::string& release,
                    const std::vector<std::string>& needs = {}) {
    offers_[name].versions.push_back({version(release)});
    for (const std::string& need : needs)
      needs_[name + " " + release].requires_dist.push_back(requirement(need));
    return *this;
  }
  MemorySource& breaks(const std::string& name, const std::string& release) {
    broken_.insert(name + " " + release);
    return *this;
  }

  const pypackaging::PackageOffer& versions(const std::string& name) override { return offers_[name]; }
  std::variant<Dependencies, Unavailable> dependencies(const std::string& name, const Version& of) override {
    const std::string key = name + " " + of.canonical();
    if (broken_.contains(key)) return Unavailable{"its archive is damaged", true};
    return needs_[key];
  }
  std::variant<std::pair<Version, Dependencies>, Unavailable> direct(const std::string&,
                                                                     const std::string&) override {
    return std::pair{version("7"), Dependencies{}};
  }
  IndexFile file_of(const std::string& name, const pypackaging::Pin& pin) override {
    IndexFile file;
    file.filename = name + "-" + pin.version.canonical() + "-py3-none-any.whl";
    file.url = pin.url.value_or("https://index.invalid/" + file.filename);
    return file;
  }

 private:
  std::map<std::string, pypackaging::PackageOffer> offers_;
  std::map<std::string, Dependencies> needs_;
  std::set<std::string> broken_;
};

struct Warnings final : Progress {
  void resolving(const std::string&) override {}
  void resolved(std::size_t) override {}
  void unpacking(const std::string&) override {}
  void unpacked(const std::string&) override {}
  void warning(const std::string& text) override { texts.push_back(text); }
  void download_started(const std::string&, std::uint64_t) override {}
  void download_advanced(const std::string&, std::uint64_t, std::uint64_t) override {}
  void download_finished(const std::string&) override {}
  std::vector<std::string> texts;
};

Interpreter python() {
  Interpreter interpreter;
  interpreter.path = "/usr/bin/python3.11";
  interpreter.version = "3.11.2";
  interpreter.markers = {{"python_version", "3.11"}, {"sys_platform", "linux"}, {"os_name", "posix"}};
  return interpreter;
}

struct World {
  MemorySource source;
  Warnings warnings;
  Layer layer;
  PreferredVersions preferred;

  explicit World(const std::vector<std::string>& requirements) {
    for (const std::string& text : requirements) layer.requirements.push_back(requirement(text));
  }
  Lock lock() { return resolve_layer(layer, python(), preferred, source, warnings); }
  /// "a 1, b 2"
  std::string pins() {
    std::string text;
    for (const LockedPackage& package : lock().packages)
      text += (text.empty() ? "" : ", ") + package.name + " " + package.version.canonical();
    return text;
  }
};

}  // namespace

TEST_CASE("a lock has each package with its file, its edges, and the interpreter") {
  World world({"app"});
  world.source.has("app", "1", {"lib[fast]>=2"}).has("lib", "2").has("lib", "1");
  const Lock lock = world.lock();
  CHECK(lock.interpreter == python().identity());
  REQUIRE(lock.packages.size() == 2);
  CHECK(lock.packages[0].name == "app");
  CHECK(lock.packages[0].dependencies == std::vector<std::string>{"lib"});
  CHECK(lock.packages[1].version == version("2"));
  CHECK(lock.packages[1].file.url == "https://index.invalid/lib-2-py3-none-any.whl");
}

TEST_CASE("the same layer and the same facts give the same lock") {
  World one({"app"}), other({"app"});
  for (World* world : {&one, &other}) world->source.has("app", "1", {"lib"}).has("lib", "1");
  CHECK(one.lock() == other.lock());
  other.source.has("lib", "2");
  CHECK_FALSE(one.lock() == other.lock());
}

TEST_CASE("a lock has the markers that decided it, and no others") {
  World world({"app", "user ; os_name == 'posix'"});
  world.source.has("app", "1", {"lib ; sys_platform == 'linux'", "no ; extra == 'x'"})
      .has("app", "0.5", {"lib ; python_version < '4'"})
      .has("lib", "1")
      .has("user", "1");
  CHECK(world.lock().markers ==
        std::map<std::string, std::string>{{"os_name", "posix"}, {"sys_platform", "linux"}});
}

TEST_CASE("a direct reference is locked with its address") {
  World world({"app @ https://files.invalid/app-7-py3-none-any.whl"});
  const Lock lock = world.lock();
  REQUIRE(lock.packages.size() == 1);
  CHECK(lock.packages[0].version == version("7"));
  CHECK(lock.packages[0].file.url == "https://files.invalid/app-7-py3-none-any.whl");
}

TEST_CASE("versions of the layers below are kept if they can be") {
  World world({"lib"});
  world.source.has("lib", "2").has("lib", "1");
  world.preferred.below.emplace("lib", version("1"));
  world.preferred.earlier.emplace("lib", version("2"));
  CHECK(world.pins() == "lib 1");
  CHECK(world.warnings.texts.empty());
}

TEST_CASE("versions that hide those of the layers below are warned of") {
  World world({"lib>=2"});
  world.source.has("lib", "2").has("lib", "1");
  world.preferred.below.emplace("lib", version("1"));
  CHECK(world.pins() == "lib 2");
  CHECK(world.warnings.texts == std::vector<std::string>{"lib 2 of --with hides 1 of the environment below"});
}

TEST_CASE("versions of an earlier answer are taken unless a constraint excludes them") {
  World world({"lib"});
  world.source.has("lib", "3").has("lib", "2").has("lib", "1");
  world.preferred.earlier.emplace("lib", version("1"));
  CHECK(world.pins() == "lib 1");
  world.layer.settings.upgrade_packages = {requirement("lib>1,<3")};
  CHECK(world.pins() == "lib 2");
}

TEST_CASE("no older version replaces one with a damaged file") {
  World world({"lib"});
  world.source.has("lib", "2").has("lib", "1").breaks("lib", "2");
  try {
    world.lock();
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    CHECK(std::string(error.what()).find("cannot use lib 2: its archive is damaged") != std::string::npos);
  }
}

TEST_CASE("requirements that contradict each other have no lock") {
  World world({"lib<2", "lib>2"});
  world.source.has("lib", "3").has("lib", "1");
  try {
    world.lock();
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unresolvable);
  }
}

TEST_CASE("the version of a development build is read without its plus") {
  Interpreter interpreter = python();
  interpreter.version = "3.14.0a1+";
  CHECK(python_version(interpreter) == version("3.14.0a1"));
  interpreter.version = "three";
  CHECK_THROWS_AS(python_version(interpreter), Error);
}

TEST_CASE("a span of upload times counts back from now, a package's own cut-off goes before") {
  ResolutionSettings settings;
  CHECK_FALSE(upload_cutoffs(settings, 100).general_ns);
  settings.exclude_newer = UploadCutoff{30, true};
  settings.exclude_newer_packages["own"] = UploadCutoff{50, false};
  settings.exclude_newer_packages["free"] = std::nullopt;
  const UploadCutoffs cutoffs = upload_cutoffs(settings, 100);
  CHECK(cutoffs.moves);
  CHECK(cutoffs.of("any") == 70);
  CHECK(cutoffs.of("own") == 50);
  CHECK_FALSE(cutoffs.of("free"));
}

#include <doctest/doctest.h>

#include <algorithm>

#include "world.h"

namespace pypackaging::test {

namespace {

World two_versions() {
  World world;
  world.has("a", {{"1.0"}, {"2.0"}});
  return world;
}

std::string ask_with(World world, const std::vector<std::string>& texts, PrereleaseMode mode) {
  ResolveInput input = question(texts);
  input.prereleases = mode;
  return ask(world, input);
}

}  // namespace

TEST_CASE("the newest version is chosen, in whatever order the index lists them") {
  World world;
  world.has("a", {{"1.10"}, {"1.9"}, {"2.0"}, {"0.1"}});
  CHECK(ask(world, {"a"}) == "a 2.0");
  CHECK(ask(world, {"a<2"}) == "a 1.10");
}

TEST_CASE("two spellings of one version are one candidate, the usable one") {
  World world;
  Release unusable{"1.0.0"};
  unusable.usability = Usability::no_matching_wheel;
  world.has("a", {unusable, {"1.0"}});
  CHECK(ask(world, {"a"}) == "a 1.0");
}

TEST_CASE("an older version is taken when the newest does not go with the rest") {
  World world;
  world.has("a", {{"1.0", {"b<2"}}, {"2.0", {"b>=2"}}}).has("b", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"a", "b<2"}) == "a 1.0, b 1.0");
}

TEST_CASE("packages that need each other resolve") {
  World world;
  world.has("a", {{"1.0", {"b"}}}).has("b", {{"1.0", {"a>=1"}}});
  CHECK(ask(world, {"a"}) == "a 1.0, b 1.0");
}

TEST_CASE("a version that needs another version of itself cannot be used") {
  World world;
  world.has("a", {{"1.0", {"a"}}, {"2.0", {"a<2"}}});
  CHECK(ask(world, {"a"}) == "a 1.0");
}

TEST_CASE("an extra brings its dependencies, and is named in the answer") {
  World world;
  world.has("a", {{"1.0", {"b; extra == 'x'", "c"}, {"x"}}}).has("b", {{"1.0"}}).has("c", {{"1.0"}});
  CHECK(ask(world, {"a"}) == "a 1.0, c 1.0");
  CHECK(ask(world, {"a[x]"}) == "a[x] 1.0, b 1.0, c 1.0");
}

TEST_CASE("an extra may be made of other extras of the same package") {
  World world;
  world
      .has("a",
           {{"1.0", {"a[x,y]; extra == 'all'", "b; extra == 'x'", "c; extra == 'y'"}, {"x", "y", "all"}}})
      .has("b", {{"1.0"}})
      .has("c", {{"1.0"}});
  CHECK(ask(world, {"a[all]"}) == "a[all][x][y] 1.0, b 1.0, c 1.0");
}

TEST_CASE("an extra required by one package applies to the version chosen by another") {
  World world;
  world.has("a", {{"1.0", {"c<2; extra == 'x'"}, {"x"}}, {"2.0", {"c>=2; extra == 'x'"}, {"x"}}})
      .has("b", {{"1.0", {"a[x]<2"}}})
      .has("c", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"a", "b"}) == "a[x] 1.0, b 1.0, c 1.0");
}

TEST_CASE("an extra that a version does not have is ignored with a warning") {
  World world = two_versions();
  const auto answer = resolve(question({"a[nope]"}), world);
  REQUIRE(std::holds_alternative<Resolution>(answer));
  const auto& resolution = std::get<Resolution>(answer);
  CHECK(resolution.pins.at("a").extras.empty());
  CHECK(resolution.warnings == std::vector<std::string>{"a 2.0 has no extra 'nope'"});
}

TEST_CASE("the warning of an extra that does not exist names what there is") {
  World world;
  world.has("a", {{"1.0", {}, {"socks", "security"}}});
  const auto warnings_of = [&](const std::string& text) {
    const auto answer = resolve(question({text}), world);
    REQUIRE(std::holds_alternative<Resolution>(answer));
    return std::get<Resolution>(answer).warnings;
  };
  CHECK(warnings_of("a[sock]") ==
        std::vector<std::string>{"a 1.0 has no extra 'sock'; did you mean 'socks'?"});
  CHECK(warnings_of("a[nope]") ==
        std::vector<std::string>{"a 1.0 has no extra 'nope'; it has socks and security"});
}

TEST_CASE("requirements whose marker does not hold are not followed") {
  World world;
  world.has("a", {{"1.0", {"b; sys_platform == 'win32'", "c; python_version < '3.8'"}}});
  CHECK(ask(world, {"a", "d; os_name == 'nt'"}) == "a 1.0");
}

TEST_CASE("a constraint narrows a requirement, and requires nothing itself") {
  World world = two_versions();
  world.has("b", {{"1.0"}});
  ResolveInput input = question({"a"});
  input.constraints = requirements({"a<2", "b", "gone==1"});
  CHECK(ask(world, input) == "a 1.0");
  input.constraints = requirements({"a<2; sys_platform == 'win32'"});
  CHECK(ask(world, input) == "a 2.0");
  CHECK(std::count(world.log.begin(), world.log.end(), "versions gone") == 0);
}

TEST_CASE("an override replaces every requirement of its name") {
  World world = two_versions();
  world.has("b", {{"1.0", {"a>=2"}}});
  ResolveInput input = question({"b", "a>1"});
  input.overrides = requirements({"a==1.0"});
  CHECK(ask(world, input) == "a 1.0, b 1.0");
}

TEST_CASE("an override whose marker does not hold removes the requirement") {
  World world;
  world.has("b", {{"1.0", {"a>=2"}}});
  ResolveInput input = question({"b"});
  input.overrides = requirements({"a==1.0; sys_platform == 'win32'"});
  CHECK(ask(world, input) == "b 1.0");
}

TEST_CASE("an override stays within the extra whose requirement it replaces") {
  World world = two_versions();
  world.has("b", {{"1.0", {"a>=2; extra == 'x'"}, {"x"}}});
  ResolveInput input = question({"b"});
  input.overrides = requirements({"a==1.0"});
  CHECK(ask(world, input) == "b 1.0");
  input.requirements = requirements({"b[x]"});
  CHECK(ask(world, input) == "a 1.0, b[x] 1.0");
}

TEST_CASE("prereleases are allowed as the mode specifies") {
  World world;
  world.has("a", {{"1.0"}, {"2.0rc1"}, {"2.0rc2"}});
  using Mode = PrereleaseMode;
  for (const char* text : {"a", "a>=1.0rc1"}) {
    CHECK(ask_with(world, {text}, Mode::allow) == "a 2.0rc2");
    for (const Mode mode : {Mode::disallow, Mode::explicit_only, Mode::if_necessary})
      CHECK(ask_with(world, {text}, mode) == "a 1.0");
  }
  for (const Mode mode : {Mode::allow, Mode::explicit_only, Mode::if_necessary})
    CHECK(ask_with(world, {"a>=2.0rc1"}, mode) == "a 2.0rc2");
  CHECK(ask_with(world, {"a>1.0"}, Mode::if_necessary) == "a 2.0rc2");
  CHECK(ask_with(world, {"a>1.0"}, Mode::explicit_only).starts_with("You require a>1.0, but "));
}

TEST_CASE("prereleases are taken when a package has nothing else, or nothing else fits") {
  World world;
  world.has("a", {{"1.0a1"}, {"1.0b1"}}).has("b", {{"1.0"}, {"2.0"}, {"3.0rc1"}});
  CHECK(ask(world, {"a"}) == "a 1.0b1");
  CHECK(ask(world, {"b>2.0"}) == "b 3.0rc1");
}

TEST_CASE("a prerelease is taken where the final releases in the range do not work") {
  World world;
  world.has("a", {{"1.0", {"b<2"}}, {"2.0rc1", {"b>=2"}}}).has("b", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"a", "b>=2"}) == "a 2.0rc1, b 2.0");
  Release unusable{"1.0"};
  unusable.usability = Usability::no_matching_wheel;
  World wheels;
  wheels.has("a", {unusable, {"2.0rc1"}}).has("b", {{"1.0", {}, {}, ">=3.12"}, {"2.0rc1"}});
  CHECK(ask(wheels, {"a", "b"}) == "a 2.0rc1, b 2.0rc1");
}

TEST_CASE("a prerelease that only a dependency needs is taken, except where the user must say so") {
  World world;
  world.has("a", {{"0.9", {"b"}}, {"1.0", {"b>=2.0rc1"}}}).has("b", {{"1.0"}, {"2.0rc1"}});
  CHECK(ask_with(world, {"a"}, PrereleaseMode::if_necessary) == "a 1.0, b 2.0rc1");
  CHECK(ask_with(world, {"a"}, PrereleaseMode::explicit_only) == "a 0.9, b 1.0");
  CHECK(ask_with(world, {"a", "b>=1.0rc1"}, PrereleaseMode::explicit_only) == "a 1.0, b 2.0rc1");
}

TEST_CASE("a final release in the range comes first, also where a dependency mentions a prerelease") {
  World world;
  world.has("a", {{"1.0", {"b>=1.0rc1"}}}).has("b", {{"0.9"}, {"1.0rc1"}, {"1.0"}, {"1.1rc1"}});
  CHECK(ask(world, {"a"}) == "a 1.0, b 1.0");
  CHECK(ask(world, {"a", "b==1.1rc1"}) == "a 1.0, b 1.1rc1");
  ResolveInput input = question({"a"});
  input.strategy = Strategy::lowest;
  CHECK(ask(world, input) == "a 1.0, b 1.0");
}

TEST_CASE("the lowest strategies choose the lowest, everywhere or for the user's own requirements") {
  World world;
  world.has("a", {{"1.0", {"b"}}, {"2.0", {"b"}}}).has("b", {{"1.0"}, {"2.0"}});
  ResolveInput input = question({"a"});
  input.strategy = Strategy::lowest;
  CHECK(ask(world, input) == "a 1.0, b 1.0");
  input.strategy = Strategy::lowest_direct;
  CHECK(ask(world, input) == "a 1.0, b 2.0");
}

TEST_CASE("a preferred version is taken if it is allowed, and ignored if it is not") {
  World world;
  world.has("a", {{"1.0", {"b"}}, {"1.5", {"b"}}, {"2.0", {"b"}}}).has("b", {{"1.0"}, {"2.0"}});
  ResolveInput input = question({"a"});
  input.preferences = {{"a", version("1.5")}, {"b", version("1.0")}, {"c", version("3")}};
  CHECK(ask(world, input) == "a 1.5, b 1.0");
  input.requirements = requirements({"a>=2"});
  CHECK(ask(world, input) == "a 2.0, b 1.0");
}

TEST_CASE("a version whose metadata asks for another Python is passed over") {
  World world;
  world.has("a", {{"1.0", {}, {}, ">=3.8"}, {"2.0", {}, {}, ">=3.12"}});
  CHECK(ask(world, {"a"}) == "a 1.0");
  ResolveInput input = question({"a"});
  input.python.reset();
  CHECK(ask(world, input) == "a 2.0");
}

TEST_CASE("a prerelease of Python counts as its release") {
  World world;
  world.has("a", {{"1.0", {}, {}, ">=3.14"}});
  ResolveInput input = question({"a"});
  input.python = version("3.14.0rc1");
  CHECK(ask(world, input) == "a 1.0");
}

TEST_CASE("a version whose metadata cannot be had is passed over") {
  World world;
  Release broken{"2.0"};
  broken.unavailable = "the server answered 500";
  world.has("a", {{"1.0"}, broken});
  CHECK(ask(world, {"a"}) == "a 1.0");
}

TEST_CASE("versions that an answer would have had, were they readable, are named in it") {
  World world;
  Release broken{"3.0"};
  broken.unavailable = "not a ZIP file";
  world.has("a", {{"1.0"}, {"2.0"}, broken}).has("b", {{"1.0", {"a<3"}}});
  const auto passed_over = [&](const std::vector<std::string>& texts) {
    const auto answer = resolve(question(texts), world);
    REQUIRE(std::holds_alternative<Resolution>(answer));
    std::string names;
    for (const PassedOver& each : std::get<Resolution>(answer).passed_over)
      names += each.name + " " + each.version.canonical() + ": " + each.reason;
    return names;
  };
  CHECK(passed_over({"a"}) == "a 3.0: not a ZIP file");
  CHECK(passed_over({"a>=1", "b"}).empty());
  CHECK(passed_over({"a<3"}).empty());
}

TEST_CASE("a yanked version is taken only if a requirement pins it") {
  World world;
  Release yanked{"2.0"};
  yanked.yanked = true;
  world.has("a", {{"1.0"}, yanked}).has("b", {{"1.0", {"a==2.0"}}});
  CHECK(ask(world, {"a"}) == "a 1.0");
  CHECK(ask(world, {"a==2.0"}) == "a 2.0");
  CHECK(ask(world, {"a===2.0"}) == "a 2.0");
  CHECK(ask(world, {"a==2.*"}).starts_with("You require"));
  CHECK(ask(world, {"b"}) == "a 2.0, b 1.0");
  CHECK(ask(world, {"a>=1", "b"}) == "a 2.0, b 1.0");
  ResolveInput input = question({"a"});
  input.preferences = {{"a", version("2.0")}};
  CHECK(ask(world, input) == "a 2.0");
}

TEST_CASE("the warning of a yanked version says whether it is pinned or kept from before") {
  World world;
  Release yanked{"2.0"};
  yanked.yanked = true;
  world.has("a", {{"1.0"}, yanked}).has("b", {{"1.0", {"a==2.0"}}});
  const auto warning = [&](const ResolveInput& input) {
    const auto answer = resolve(input, world);
    const auto& warnings = std::get<Resolution>(answer).warnings;
    return warnings.size() == 1 ? warnings.front() : std::to_string(warnings.size()) + " warnings";
  };
  const std::string is_pinned = "a 2.0 was yanked; it is taken because it is pinned";
  CHECK(warning(question({"a==2.0"})) == is_pinned);
  CHECK(warning(question({"b"})) == is_pinned);
  ResolveInput input = question({"a"});
  input.preferences = {{"a", version("2.0")}};
  CHECK(warning(input) == "a 2.0 was yanked; it is kept from before, --upgrade-package a chooses another");
  input = question({"a==2.0"});
  input.preferences = {{"a", version("2.0")}};
  CHECK(warning(input) == is_pinned);
}

TEST_CASE("a pin of a version that is not in the answer does not let a yanked version in") {
  World world;
  Release yanked{"2.0"};
  yanked.yanked = true;
  world.has("a", {{"1.0"}, yanked}).has("b", {{"1.0"}, {"2.0", {"a==2.0", "c>9"}}}).has("c", {{"1.0"}});
  CHECK(ask(world, {"a", "b"}) == "a 1.0, b 1.0");
}

TEST_CASE("a direct reference is the one version of its package, and no index is searched for it") {
  World world;
  world.serves("a", "https://host/a.whl", {"3.0", {"b"}}).has("b", {{"1.0", {"a>=2"}}});
  CHECK(ask(world, {"a @ https://host/a.whl"}) == "a 3.0 @ https://host/a.whl, b 1.0");
  CHECK(std::count(world.log.begin(), world.log.end(), "versions a") == 0);
}

TEST_CASE("a dependency may be a direct reference, and others may share it") {
  World world = two_versions();
  world.serves("a", "https://host/a.whl", {"1.5"}).has("b", {{"1.0", {"a @ https://host/a.whl"}}});
  CHECK(ask(world, {"b"}) == "a 1.5 @ https://host/a.whl, b 1.0");
  CHECK(ask(world, {"a>=1", "b"}) == "a 1.5 @ https://host/a.whl, b 1.0");
}

TEST_CASE("a direct reference of a version that is not in the answer is not in the answer") {
  World world = two_versions();
  world.serves("a", "https://host/a.whl", {"9.0"})
      .has("b", {{"1.0"}, {"2.0", {"a @ https://host/a.whl", "c>9"}}})
      .has("c", {{"1.0"}});
  CHECK(ask(world, {"b", "a"}) == "a 2.0, b 1.0");
}

TEST_CASE("the requirements of each pin are listed by name") {
  World world;
  world.has("a", {{"1.0", {"b", "c; extra == 'x'", "d; sys_platform == 'win32'"}, {"x"}}})
      .has("b", {{"1.0"}})
      .has("c", {{"1.0", {"B>=1"}}});
  const auto answer = resolve(question({"a[x]"}), world);
  REQUIRE(std::holds_alternative<Resolution>(answer));
  CHECK(std::get<Resolution>(answer).pins.at("a").dependencies == std::vector<std::string>{"b", "c"});
  CHECK(std::get<Resolution>(answer).pins.at("c").dependencies == std::vector<std::string>{"b"});
}

TEST_CASE("all dependencies of a version are prefetched before the first is waited for") {
  World world;
  world.has("a", {{"1.0", {"b", "c"}}}).has("b", {{"1.0"}}).has("c", {{"1.0"}});
  ask(world, {"a"});
  const auto at = [&](const std::string& line) {
    return std::find(world.log.begin(), world.log.end(), line);
  };
  CHECK(at("prefetch c") < at("versions b"));
  CHECK(at("prefetch c 1.0") < at("dependencies b 1.0"));
  CHECK(at("decided a 1.0") != world.log.end());
}

TEST_CASE("an exception of the source passes through") {
  struct Broken : World {
    const PackageOffer& versions(const std::string&) override { throw 42; }
  } world;
  CHECK_THROWS_AS(resolve(question({"a"}), world), int);
}

}  // namespace pypackaging::test

#include <doctest/doctest.h>

#include <algorithm>

#include "world.h"

namespace pypackaging::test {

namespace {

Release marked(const std::string& number, Usability usability, const std::string& detail) {
  Release release{number};
  release.usability = usability;
  release.detail = detail;
  return release;
}

}  // namespace

TEST_CASE("a chain is reported in the order of the requirements") {
  World world;
  world.has("a", {{"1.0", {"b>=2"}}}).has("b", {{"1.0"}, {"2.0", {"c<1"}}}).has("c", {{"0.9"}, {"1.0"}});
  CHECK(ask(world, {"a", "c>=1"}) ==
        "Because a 1.0 depends on b>=2 and b 2.0 depends on c<1, a 1.0 needs c<1.\n"
        "And because you require a and c>=1, your requirements cannot be satisfied.");
}

TEST_CASE("two requirements of the user that exclude each other") {
  World world;
  world.has("a", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"a<2", "a>=2"}) ==
        "Because you require a<2 and a>=2, your requirements cannot be satisfied.");
}

TEST_CASE("two packages that want different versions of a third: an override is what helps") {
  World world;
  world.has("a", {{"1.0", {"c<2"}}}).has("b", {{"1.0", {"c>=2"}}}).has("c", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"a", "b"}) ==
        "Because a 1.0 depends on c<2 and b 1.0 depends on c>=2, a 1.0 and b 1.0 are incompatible.\n"
        "And because you require a and b, your requirements cannot be satisfied.\n\n"
        "hint: an override (--overrides FILE) of c would force one version upon both a and b");
}

TEST_CASE("the versions that the index has instead are named as a range") {
  World world;
  world.has("a", {{"1.0"}, {"1.1"}, {"1.2"}}).has("b", {{"1.0", {"a>5"}}});
  CHECK(ask(world, {"a>=2"}) == "You require a>=2, but only a 1.0 to 1.2 are available.");
  CHECK(ask(world, {"b"}) ==
        "Because you require b and b 1.0 depends on a>5, but only a 1.0 to 1.2 are available, your "
        "requirements "
        "cannot be satisfied.");
}

TEST_CASE("versions that need the same become one sentence") {
  World world;
  world.has("a", {{"1.0", {"b==1"}}, {"2.0", {"b==2"}}, {"3.0", {"b==3"}}})
      .has("b", {{"1", {"c<1"}}, {"2", {"c<1"}}, {"3", {"c<1"}}})
      .has("c", {{"0.5"}, {"1"}});
  CHECK(ask(world, {"a", "c>=1"}) ==
        "Because all versions of a depend on b and all versions of b depend on c<1, all versions of a need "
        "c<1.\n"
        "And because you require a and c>=1, your requirements cannot be satisfied.");
}

TEST_CASE("reasons that differ by version are reported one by one") {
  World world;
  world.has("a", {{"1.0", {"b<2"}}, {"2.0", {"c<2"}}})
      .has("b", {{"1.0"}, {"2.0"}})
      .has("c", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"a", "b>=2", "c>=2"}) ==
        "Because a 2.0 depends on c<2 and a 1.0 depends on b<2, all versions of a need b<2 or c<2.\n"
        "And because you require c>=2, all versions of a need b<2.\n"
        "And because you require a and b>=2, your requirements cannot be satisfied.");
}

TEST_CASE("a missing package is reported with the places that were searched") {
  World world;
  world.lacks("a", Absence::not_found, "the default index")
      .lacks("b", Absence::offline, "")
      .lacks("c", Absence::network_disabled, "wheels/");
  CHECK(ask(world, {"a"}) ==
        "You require a, but a was not found in the default index.\n\n"
        "hint: check the spelling of 'a', or name the index that has it with --index");
  CHECK(ask(world, {"b"}) ==
        "You require b, but b is not in the cache, and no index was asked.\n\n"
        "hint: run once without --offline");
  CHECK(ask(world, {"c>1"}) ==
        "You require c>1, but c was not found in wheels/, and no index was asked.\n\n"
        "hint: no index was searched for c; without --no-index it may be found");
}

TEST_CASE("versions for another Python say which") {
  World world;
  world.has("a",
            {{"1.0"}, marked("2.0", Usability::needs_other_python, ">=3.12"), {"2.1", {}, {}, ">=3.12"}});
  CHECK(ask(world, {"a>=2"}) ==
        "You require a>=2, but a 2.0 to 2.1 need Python >=3.12.\n\n"
        "hint: this is Python 3.11.2; try --python '>=3.12'");
}

TEST_CASE("versions without a wheel for this platform say what there is") {
  World world;
  world.has("a", {{"1.0"}, marked("2.0", Usability::no_matching_wheel, "wheels for cp312 only")});
  CHECK(ask(world, {"a>=2"}) ==
        "You require a>=2, but a 2.0 has no wheel that fits this interpreter (wheels for cp312 only).\n\n"
        "hint: another version, Python or platform may have one");
}

TEST_CASE("advice on a version without a wheel becomes the hint") {
  World world;
  Release source = marked("1.0", Usability::no_matching_wheel, "a source distribution only");
  source.advice = "source distributions are not built yet";
  world.has("a", {source});
  CHECK(ask(world, {"a"}).ends_with("hint: source distributions are not built yet"));
}

TEST_CASE("a prerelease that precedes the required release is named in every mode") {
  World world;
  world.has("a", {{"1.0"}, {"2.0rc1"}}).has("b", {{"1.0", {"a>=2"}}});
  const std::string hint =
      "hint: a 2.0rc1 is a prerelease that comes before 2.0, so that >=2 leaves it out; a>=2.0rc1 would take "
      "it";
  for (const PrereleaseMode mode : {PrereleaseMode::allow, PrereleaseMode::if_necessary,
                                    PrereleaseMode::explicit_only, PrereleaseMode::explicit_only}) {
    ResolveInput input = question({"a>=2"});
    input.prereleases = mode;
    CHECK(ask(world, input).ends_with(hint));
    input.requirements = requirements({"a>=2.0rc1"});
    CHECK(ask(world, input) == "a 2.0rc1");
  }
  ResolveInput input = question({"a>=2"});
  input.prereleases = PrereleaseMode::disallow;
  CHECK(ask(world, input).ends_with(hint + " with --prerelease=allow"));
  CHECK(ask(world, {"b"}).ends_with(hint + " as an override"));
  CHECK(ask(world, {"a>3"}).find("hint") == std::string::npos);
}

TEST_CASE("yanked versions say why they were") {
  World world;
  Release yanked{"2.0"};
  yanked.yanked = true;
  yanked.yanked_reason = "wrong metadata";
  world.has("a", {{"1.0"}, yanked});
  CHECK(ask(world, {"a>=2"}) ==
        "You require a>=2, but a 2.0 was yanked (wrong metadata).\n\n"
        "hint: a==2.0 takes it all the same");
}

TEST_CASE("prereleases that a mode leaves out are hinted at") {
  World world;
  world.has("a", {{"1.0"}, {"2.1rc1"}});
  ResolveInput input = question({"a>=2"});
  input.prereleases = PrereleaseMode::disallow;
  CHECK(ask(world, input) ==
        "You require a>=2, but a 2.1rc1 is a prerelease.\n\n"
        "hint: --prerelease=allow would take it");
}

TEST_CASE("versions after the date limit are hinted at") {
  World world;
  world.has("a", {{"1.0"}, marked("2.0", Usability::excluded_by_date, "2024-05-01")});
  CHECK(ask(world, {"a>=2"}) ==
        "You require a>=2, but a 2.0 was published after the date limit (2024-05-01).\n\n"
        "hint: a later --exclude-newer would take it");
}

TEST_CASE("unusable versions that leave something to choose from are only hinted at") {
  World world;
  world.has("a", {{"1.0", {"b<2"}}, marked("2.0", Usability::needs_other_python, ">=3.12")})
      .has("b", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"a", "b>=2"}) ==
        "Because a 1.0 depends on b<2 and you require a and b>=2, your requirements cannot be satisfied.\n\n"
        "hint: a 2.0 needs Python >=3.12; this is Python 3.11.2; try --python '>=3.12'");
}

TEST_CASE("constraints and overrides are called by name") {
  World world;
  world.has("a", {{"1.0"}, {"2.0"}}).has("b", {{"1.0", {"a"}}});
  ResolveInput input = question({"a>=2"});
  input.constraints = requirements({"a<2"});
  CHECK(
      ask(world, input) ==
      "Because your constraints allow only a<2 and you require a>=2, your requirements cannot be satisfied.");
  input = question({"b"});
  input.overrides = requirements({"a>=3"});
  CHECK(ask(world, input) ==
        "Because you require b and b 1.0 depends on a>=3 (your override), but only a 1.0 to 2.0 are "
        "available, your "
        "requirements cannot be satisfied.");
}

TEST_CASE("extras are part of a chain") {
  World world;
  world.has("a", {{"1.0", {"b<2; extra == 'x'"}, {"x"}}}).has("b", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"a[x]", "b>=2"}) ==
        "Because a[x] 1.0 depends on b<2 and you require a[x] and b>=2, your requirements cannot be "
        "satisfied.");
}

TEST_CASE("two direct references of one package exclude each other") {
  World world;
  world.serves("a", "https://host/a-1.whl", {"1.0"}).serves("a", "https://host/a-2.whl", {"2.0"});
  CHECK(ask(world, {"a @ https://host/a-1.whl", "a @ https://host/a-2.whl"}) ==
        "Because you require a @ https://host/a-1.whl and a @ https://host/a-2.whl, your requirements cannot "
        "be "
        "satisfied.");
  CHECK(ask(world, {"a @ https://host/a-1.whl", "a>=2"}) ==
        "You require a>=2, but a 1.0 @ https://host/a-1.whl was given.");
  CHECK(ask(world, {"a @ https://host/gone.whl"}) ==
        "You require a @ https://host/gone.whl, but a @ https://host/gone.whl cannot be used (404 Not "
        "Found).");
}

TEST_CASE("metadata that cannot be fetched is reported") {
  World world;
  Release broken{"1.0"};
  broken.unavailable = "the server answered 500";
  world.has("a", {broken});
  CHECK(ask(world, {"a"}) == "You require a, but a 1.0 cannot be used (the server answered 500).");
}

TEST_CASE("conflicts that the proof does not need are not reported") {
  World world;
  world.has("noise", {{"1.0", {"c<1"}}, {"2.0", {"c<1", "d>9"}}, {"3.0", {"d>8"}}})
      .has("c", {{"0.5"}, {"1.0"}})
      .has("d", {{"1.0"}})
      .has("a", {{"1.0", {"b<2"}}})
      .has("b", {{"1.0"}, {"2.0"}});
  CHECK(ask(world, {"noise", "a", "b>=2"}) ==
        "Because a 1.0 depends on b<2 and you require a and b>=2, your requirements cannot be satisfied.");
}

TEST_CASE("a marker that cannot be evaluated is a reported failure, not a crash") {
  World world;
  ResolveInput input = question({"a; python_version ~= 'x'"});
  input.environment["platform_release"] = "not a version";
  input.requirements = requirements({"a; platform_release ~= 'x'"});
  CHECK(ask(world, input).starts_with("The marker of "));
}

TEST_CASE("the shortest of several contradictions is reported") {
  World world;
  std::vector<Release> releases;
  for (int index = 0; index < 20; ++index)
    releases.push_back({"1." + std::to_string(index), {index % 2 == 0 ? "b<2" : "b>=2"}});
  world.has("a", releases).has("b", {{"1.0"}, {"2.0"}}).has("c", {{"1.0"}, {"2.0"}});
  for (const int index : {0, 1})
    world.has("d" + std::to_string(index), {{"1.0", {index == 0 ? "b<2" : "b>=2"}}});
  CHECK(ask(world, {"a>1.0", "d0", "d1"}) ==
        "Because d0 1.0 depends on b<2 and d1 1.0 depends on b>=2, d0 1.0 and d1 1.0 are incompatible.\nAnd "
        "because you require d0 and d1, your requirements cannot be satisfied.\n\n"
        "hint: an override (--overrides FILE) of b would force one version upon both d0 and d1");
}

namespace {

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
}

Conflict conflict_of(World& world, const ResolveInput& input) {
  auto answer = resolve(input, world);
  REQUIRE(std::holds_alternative<Conflict>(answer));
  return std::get<Conflict>(std::move(answer));
}

}  // namespace

TEST_CASE("the explanation of a long story fits on a screen, and the full one has every step") {
  World world;
  std::vector<Release> releases;
  for (int number = 1; number <= 40; ++number) {
    const std::string text = std::to_string(number);
    releases.push_back({text, {"b" + text + ">2"}});
    world.has("b" + text, {{"1.0"}});
  }
  world.has("a", releases);
  const Conflict conflict = conflict_of(world, question({"a"}));
  CHECK(lines_in(conflict.explanation) <= 24);
  CHECK(conflict.explanation.size() <= 24 * 80 * 2);
  CHECK(conflict.explanation.find("more steps: -v)") != std::string::npos);
  CHECK(lines_in(conflict.full_explanation) > lines_in(conflict.explanation));
  CHECK(conflict.full_explanation.find("more steps") == std::string::npos);
}

TEST_CASE("of versions that are unusable for different reasons, the reason of the newest is reported once") {
  World world;
  std::vector<Release> releases;
  for (int number = 1; number <= 40; ++number) {
    const std::string text = std::to_string(number);
    releases.push_back(marked(text, Usability::no_matching_wheel, "wheels for cp2" + text));
  }
  world.has("a", releases);
  CHECK(ask(world, {"a"}) ==
        "You require a, but a 1 to 40 have no wheel that fits this interpreter (of 40: wheels for cp240).\n\n"
        "hint: another version, Python or platform may have one");
}

TEST_CASE("the same advice for many packages is one hint") {
  World world;
  std::vector<std::string> wanted;
  for (const char* name : {"b", "c", "d", "e", "f", "g"}) {
    world.has(name, {marked("1.0", Usability::no_matching_wheel, "a source distribution only")});
    wanted.push_back(std::string(name) + ">=1");
  }
  world.has("a", {{"1.0", {wanted[0]}}, {"2.0", {wanted[1]}}, {"3.0", {wanted[2]}}, {"4.0", {wanted[3]}}});
  const Conflict conflict = conflict_of(world, question({"a"}));
  CHECK(conflict.hints.size() == 1);
}

TEST_CASE("the files that a package has are named by their kind") {
  World world;
  world.has("a", {{"2.0a1"}});
  CHECK(ask(world, {"a>=3"}).starts_with("You require a>=3, but only a 2.0a1 (a prerelease) is available."));
}

}  // namespace pypackaging::test

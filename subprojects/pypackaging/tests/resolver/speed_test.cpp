#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <random>

#include "world.h"

namespace pypackaging::test {

namespace {

/// Milliseconds of processor time, so that the load of the machine matters less.
double processor_time() {
  return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Measured {
  double milliseconds = 0;
  std::size_t asked = 0;  ///< versions whose metadata was needed
  bool solved = false;
  std::string explanation = {};
};

Measured measure(World& world, const ResolveInput& input) {
  Measured best;
  const int rounds = is_long_run() ? 5 : 1;  // rounds differ only in time
  for (int round = 0; round < rounds; ++round) {
    world.log.clear();
    const double start = processor_time();
    const auto answer = resolve(input, world);
    const double took = processor_time() - start;
    if (round == 0 || took < best.milliseconds) best.milliseconds = took;
    best.solved = std::holds_alternative<Resolution>(answer);
    if (!best.solved) best.explanation = std::get<Conflict>(answer).explanation;
    best.asked = static_cast<std::size_t>(
        std::count_if(world.log.begin(), world.log.end(),
                      [](const std::string& line) { return line.starts_with("dependencies "); }));
  }
  return best;
}

std::string release_number(int index) {
  return std::to_string(1 + index / 40) + "." + std::to_string(index % 40 / 4) + "." +
         std::to_string(index % 4);
}

/// Resembles a large application: packages depend on later ones, and lower bounds rise with the version. One
/// need in `bounded` has an upper bound near the newest version of that time: with 24 a few packages must
/// backtrack, with 3 nearly all.
World application(int packages, std::size_t bounded, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  std::vector<int> sizes;
  for (int package = 0; package < packages; ++package) sizes.push_back(100 + below(901));
  World world;
  for (int package = 0; package < packages; ++package) {
    std::vector<int> targets;
    for (int count = std::min(8, packages - package - 1); count > 0; --count)
      targets.push_back(package + 1 + below(std::min(30, packages - package - 1)));
    std::vector<Release> releases;
    for (int index = 0; index < sizes[static_cast<std::size_t>(package)]; ++index) {
      Release release{release_number(index)};
      for (std::size_t which = 0; which < targets.size(); ++which) {
        const int size = sizes[static_cast<std::size_t>(targets[which])];
        const int newest =
            static_cast<int>(static_cast<double>(index) / sizes[static_cast<std::size_t>(package)] * size);
        std::string need =
            "p" + std::to_string(targets[which]) + ">=" + release_number(std::max(0, newest - size / 3));
        if ((which + static_cast<std::size_t>(package)) % bounded == 0)
          need += ",<" + release_number(std::min(size - 1, newest + size / 20));
        release.needs.push_back(need);
      }
      releases.push_back(release);
    }
    world.has("p" + std::to_string(package), releases);
  }
  return world;
}

/// Resembles boto3 and botocore, which are released in lockstep: every botocore (with `solvable` all but one)
/// needs an old urllib3.
World lockstep(int releases, bool solvable) {
  World world;
  std::vector<Release> client;
  std::vector<Release> core;
  for (int index = 0; index < releases; ++index) {
    const std::string number = "1." + std::to_string(index);
    client.push_back({number, {"core>=" + number + ".0,<1." + std::to_string(index + 1), "transfer>=0.1"}});
    core.push_back({number + ".0", {solvable && index == 3 ? "http>=1.25" : "http>=1.25,<2", "dates"}});
  }
  world.has("client", client).has("core", core);
  world.has("transfer", {{"0.1", {"core"}}, {"0.2", {"core>=1.2"}}});
  world.has("http", {{"1.25"}, {"1.26"}, {"2.0"}, {"2.1"}});
  world.has("dates", {{"1.0"}, {"2.0"}});
  return world;
}

/// Every package needs the next `width` ones, each in a range that half of its versions meet; the last need
/// one package in versions that only their oldest releases agree upon.
World diamonds(int depth, int width, int releases) {
  World world;
  const auto name = [](int level, int each) {
    return "d" + std::to_string(level) + "x" + std::to_string(each);
  };
  for (int level = 0; level < depth; ++level)
    for (int each = 0; each < width; ++each) {
      std::vector<Release> all;
      for (int index = 0; index < releases; ++index) {
        Release release{std::to_string(index) + ".0"};
        for (int other = 0; other < width && level + 1 < depth; ++other)
          release.needs.push_back(name(level + 1, other) + ">=" + std::to_string(index / 2) + ".0");
        if (level + 1 == depth)
          release.needs.push_back("base==" + std::to_string(index == 0 ? 0 : 1 + each) + ".0");
        all.push_back(release);
      }
      world.has(name(level, each), all);
    }
  std::vector<Release> base;
  for (int index = 0; index <= width; ++index) base.push_back({std::to_string(index) + ".0"});
  world.has("base", base);
  return world;
}

/// A chain of packages in which only the oldest release of the last fits the user's requirement.
World chain(int length, int releases) {
  World world;
  for (int link = 0; link < length; ++link) {
    std::vector<Release> all;
    for (int index = 0; index < releases; ++index)
      all.push_back({std::to_string(index) + ".0",
                     {link + 1 < length ? "c" + std::to_string(link + 1) + "==" + std::to_string(index) + ".0"
                                        : "base==" + std::to_string(index) + ".0"}});
    world.has("c" + std::to_string(link), all);
  }
  std::vector<Release> base;
  for (int index = 0; index < releases; ++index) base.push_back({std::to_string(index) + ".0"});
  world.has("base", base);
  return world;
}

}  // namespace

TEST_CASE("ten thousand packages with conflicts need work in proportion to those that are used") {
  World world;
  constexpr int kPackages = 10'000, kReleases = 6;
  for (int package = 0; package < kPackages; ++package) {
    std::vector<Release> releases;
    for (int index = 0; index < kReleases; ++index) {
      Release release{std::to_string(index) + ".0"};
      for (int step = 1; step <= 3; ++step)
        if (package + step < kPackages)
          release.needs.push_back("u" + std::to_string(package + step) +
                                  (package % 50 == 0 && step == 1 && index > 2 ? "<2" : ">=1"));
      releases.push_back(release);
    }
    world.has("u" + std::to_string(package), releases);
  }
  const Measured measured = measure(world, question({"u0", "u1>=3"}));
  MESSAGE("ten thousand packages: " << measured.milliseconds << " ms, " << measured.asked
                                    << " versions looked at");
  CHECK(measured.solved);
  CHECK(measured.asked < 2 * kPackages);
}

TEST_CASE("diamonds whose tips agree only in their oldest releases are not tried in every combination") {
  constexpr int kDepth = 6, kWidth = 4, kReleases = 30;
  World world = diamonds(kDepth, kWidth, kReleases);
  const Measured measured = measure(world, question({"d0x0", "d0x1", "d0x2", "d0x3"}));
  MESSAGE("diamonds: " << measured.milliseconds << " ms, " << measured.asked << " versions looked at");
  CHECK(measured.solved);
  CHECK(measured.asked <= std::size_t{kDepth} * kWidth * kReleases + kWidth + 1);
}

TEST_CASE("a long chain is refuted by looking at each version once") {
  constexpr int kLength = 60, kReleases = 40;
  World world = chain(kLength, kReleases);
  const Measured solved = measure(world, question({"c0", "base<1"}));
  MESSAGE("chain: " << solved.milliseconds << " ms, " << solved.asked << " versions looked at");
  CHECK(solved.solved);
  CHECK(solved.asked <= std::size_t{kLength} * kReleases + 1);
  const Measured refuted = measure(world, question({"c0>=1", "base<1"}));
  CHECK_FALSE(refuted.solved);
  CHECK(refuted.asked <= std::size_t{kLength} * kReleases + 1);
}

TEST_CASE("a universe of the size of a large application needs little work") {
  const unsigned seeds = is_long_run() ? 5 : 1;
  for (const std::size_t bounded : {std::size_t{24}, std::size_t{3}}) {
    for (unsigned seed = 1; seed <= seeds; ++seed) {
      World world = application(150, bounded, seed);
      const Measured measured = measure(world, question({"p0", "p1", "p2<20", "p40", "p77"}));
      MESSAGE("one need in " << bounded << " bounded, seed " << seed << ": " << measured.milliseconds
                             << " ms, " << measured.asked << " versions looked at, "
                             << std::string(measured.solved ? "solved" : "refuted"));
      CHECK(measured.asked < 5000);
    }
  }
}

TEST_CASE("packages that move in lockstep are not tried in every combination") {
  for (const bool solvable : {true, false}) {
    World world = lockstep(1000, solvable);
    const Measured measured = measure(world, question({"client", "http>=2", "transfer"}));
    MESSAGE(std::string(solvable ? "solvable: " : "not solvable: ")
            << measured.milliseconds << " ms, " << measured.asked << " versions looked at");
    CHECK(measured.solved == solvable);
    CHECK(measured.asked < 2100);
    if (!solvable)
      CHECK(measured.explanation ==
            "Because all versions of client depend on core and all versions of core depend on http>=1.25,<2, "
            "all "
            "versions of client need http>=1.25,<2.\n"
            "And because you require client and http>=2, your requirements cannot be satisfied.");
  }
}

}  // namespace pypackaging::test

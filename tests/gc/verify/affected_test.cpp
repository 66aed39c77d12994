#include "gc/verify/affected.h"

#include <signal.h>
#include <sys/wait.h>

#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::RepairWorld;
using Texts = std::vector<std::string>;

namespace {

struct World : RepairWorld {
  DamageFound affected(DamageFound damage) {
    std::vector<DamageFound> found = {std::move(damage)};
    const auto now = verification();
    find_affected(*now, found);
    return found.front();
  }
  DamageFound of_object(const std::string& content) {
    DamageFound damage{.path = object_of(content), .detail = "it changed"};
    damage.blob = blob_of(content);
    return damage;
  }
};

}  // namespace

TEST_CASE("a damaged object affects the packages that have it, their snapshots, requests and roots") {
  World world;
  Index::Write write = world.store().index().durable_write();
  write.put_root(
      "mine", {.kind = RootKind::pin, .path = "/a/script.py", .snapshot = world.snapshot, .made_at_ns = 1});
  write.put_root("plain", {.kind = RootKind::pin, .path = "", .snapshot = world.snapshot, .made_at_ns = 1});
  write.commit();
  const Affected affected = world.affected(world.of_object(World::kDemo)).affected;
  CHECK(affected.packages == Texts{"demo 1.0"});
  CHECK(affected.snapshots == std::vector<SnapshotId>{world.snapshot});
  CHECK(affected.requests == Texts{"script.py"});
  CHECK(affected.roots == Texts{"mine (/a/script.py)", "plain"});
}

TEST_CASE("the detail of a damaged object names the files that have it, three at most") {
  World world;
  CHECK(world.affected(world.of_object("#!/bin/sh\n")).detail ==
        "it changed; it is bin/demo, site/demo/same_as_script.txt");
  const TreeId many = world.add_tree("many", {{"site/a.py", "same"},
                                              {"site/b.py", "same"},
                                              {"site/c.py", "same"},
                                              {"site/d.py", "same"},
                                              {"site/e.py", "same"}});
  static_cast<void>(many);
  CHECK(world.affected(world.of_object("same")).detail ==
        "it changed; it is site/a.py, site/b.py, site/c.py and 2 more");
}

TEST_CASE("a package without a snapshot affects no request") {
  World world;
  DamageFound damage{.path = "x"};
  damage.tree = world.add_tree("lonely", {{"site/lonely.py", "x"}});
  const Affected affected = world.affected(damage).affected;
  CHECK(affected.packages == Texts{"lonely 1.0"});
  CHECK(affected.snapshots.empty());
  CHECK(affected.requests.empty());
}

TEST_CASE("damage in a snapshot affects that one alone, not others with the same package") {
  World world;
  Lease lease = World::lease(world.store());
  const SnapshotRecord record = World::record({{"other", world.other}});
  RequestRow request{.canonical = "other", .snapshot = record.id(), .label = "second.py", .made_at_ns = 5};
  place_snapshot(world.store(), lease, record, Layout::farm, request);
  DamageFound damage{.path = "x"};
  damage.tree = world.other;
  CHECK(world.affected(damage).affected.requests == Texts{"script.py", "second.py"});
  damage.snapshot = world.snapshot;
  const Affected affected = world.affected(damage).affected;
  CHECK(affected.requests == Texts{"script.py"});
  CHECK(affected.packages == Texts{"other 1.0"});
}

TEST_CASE("a process that has a file of the damaged package open is named") {
  World world;
  DamageFound damage{.path = "x"};
  damage.tree = world.demo;
  CHECK(world.affected(damage).affected.processes.empty());
  // A child in this package's directory: other_processes leaves out this process itself.
  const std::string folder = world.root() + "/" + world.at(world.demo, "site");
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_there = ::chdir(folder.c_str()) == 0;
    if (is_there && ::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  const auto processes = world.affected(damage).affected.processes;
  REQUIRE(processes.size() == 1);
  CHECK(processes[0].pid == child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

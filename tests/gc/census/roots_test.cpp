#include "gc/census/roots.h"

#include <doctest/doctest.h>

#include "gc/collect/mark.h"
#include "store/platform/error.h"
#include "tests/gc/collect_world.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("a pin keeps its snapshots under its name, each under a key of its own") {
  CollectWorld world;
  const SnapshotId a = world.place_one("a"), b = world.place_one("b");
  pin(world.store, "tools", {a, b});
  CHECK(world.store.index().read().root("tools")->snapshot == a);
  CHECK(world.store.index().read().root("tools#2")->snapshot == b);
  CHECK(pin_names(world.store) == std::vector<std::string>{"tools"});
  CHECK(unpin(world.store, "tools") == 2);
  CHECK(unpin(world.store, "tools") == 0);
}

TEST_CASE("a name that is pinned again keeps only the snapshot given last") {
  CollectWorld world;
  const SnapshotId a = world.place_one("a"), b = world.place_one("b");
  pin(world.store, "tools", {a, b});
  pin(world.store, "tools", {b});
  CHECK(world.store.index().read().root("tools")->snapshot == b);
  CHECK(unpin(world.store, "tools") == 1);
}

TEST_CASE("what a collection is deleting is never pinned, and the pin that was there stays") {
  CollectWorld world;
  const SnapshotId a = world.place_one("a"), going = world.place_one("b");
  pin(world.store, "tools", {a});
  world.doom(going, Fate::deleting);
  CHECK_THROWS_AS(pin(world.store, "tools", {going}), Error);
  CHECK(world.store.index().read().root("tools")->snapshot == a);
  CHECK(mark_deleting(world.store, {going}) == std::vector<SnapshotId>{going});
}

TEST_CASE("a pin takes back what is condemned") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  world.doom(id, Fate::condemned);
  pin(world.store, "tools", {id});
  CHECK(!world.store.index().read().fate(id));
  CHECK(mark_deleting(world.store, {id}).empty());
}

TEST_CASE("a root of another kind under the same name is neither replaced nor removed") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  {
    Index::Write rows = world.store.index().durable_write();
    rows.put_root("tools", {RootKind::venv, "/home/.venv", id, 1});
    rows.commit();
  }
  pin(world.store, "tools", {id});
  CHECK(world.store.index().read().root("tools")->kind == RootKind::venv);
  CHECK(unpin(world.store, "tools") == 1);
  CHECK(world.store.index().read().root("tools"));
}

TEST_CASE("an id is six hexadecimal digits or more, of either case") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  const std::string hex = id.hex();
  std::string upper = hex.substr(0, 8);
  for (char& digit : upper) digit = static_cast<char>(std::toupper(static_cast<unsigned char>(digit)));
  CHECK(snapshot_like(world.store, hex) == id);
  CHECK(snapshot_like(world.store, upper) == id);
  CHECK(snapshots_like(world.store, hex.substr(0, 5)).empty());
  CHECK(snapshots_like(world.store, hex + "0").empty());
  CHECK_THROWS_AS(snapshot_like(world.store, "zzzzzz"), Error);
}

#include "gc/census/usage.h"

#include <doctest/doctest.h>

#include "tests/gc/a_census.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("a package's own bytes are those that no other package has") {
  const auto world = a_census().tree("a", 10).tree("b", 20).shared({"a", "b"}, 5).snapshot("s", {"a", "b"});
  const Usage usage = usage_of(world.census());
  REQUIRE(usage.packages.size() == 2);
  CHECK(usage.packages[0].tree == 1);  // the largest first
  CHECK(usage.packages[0].own_bytes == 20 * kMB);
  CHECK(usage.packages[0].shared_bytes == 5 * kMB);
  CHECK(usage.packages[1].own_bytes == 10 * kMB);
  CHECK(usage.shared_bytes == 5 * kMB);
}

TEST_CASE("a snapshot's own bytes are what would be freed without it") {
  const auto world =
      a_census().tree("common", 100).tree("a", 1).snapshot("s", {"common", "a"}).snapshot("t", {"common"});
  const Usage usage = usage_of(world.census());
  REQUIRE(usage.snapshots.size() == 2);
  CHECK(usage.snapshots[0].snapshot == 0);
  CHECK(usage.snapshots[0].own_bytes == 1 * kMB);
  CHECK(usage.snapshots[0].shared_bytes == 100 * kMB);
  CHECK(usage.snapshots[1].own_bytes == 0);
  CHECK(usage.apparent_bytes == 201 * kMB);
}

TEST_CASE("what two packages of one snapshot share counts once for it") {
  const auto world = a_census().tree("a", 0).tree("b", 0).shared({"a", "b"}, 5).snapshot("s", {"a", "b"});
  const Usage usage = usage_of(world.census());
  CHECK(usage.snapshots[0].own_bytes == 5 * kMB);
  CHECK(usage.apparent_bytes == 5 * kMB);
}

TEST_CASE("bytes of no package are counted separately") {
  const auto world = a_census().tree("a", 10).shared({}, 3);
  const Usage usage = usage_of(world.census());
  CHECK(usage.total_bytes == 13 * kMB);
  CHECK(usage.unnamed_bytes == 3 * kMB);
  CHECK(usage.packages[0].snapshots == 0);
}

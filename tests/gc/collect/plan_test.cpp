#include "gc/collect/plan.h"

#include <doctest/doctest.h>

#include "tests/gc/a_census.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("without a rule nothing is removed") {
  const auto world = a_census().tree("a", 10).snapshot("s", {"a"});
  CHECK(world.going({}).empty());
  CHECK(world.kept_by("s", {}) == KeptBy::no_rule);
}

TEST_CASE("what keeps a snapshot outranks cap and age in the order of the list") {
  struct Row {
    const char* what;
    void (*protect)(CensusBuilder&, Policy&);
    KeptBy why;
  };
  const Row rows[] = {
      {"lease over root", [](CensusBuilder& world, Policy&) { world.leased().rooted(); }, KeptBy::lease},
      {"root over grace", [](CensusBuilder& world, Policy&) { world.rooted().used(1s); }, KeptBy::root},
      {"grace over keep-last",
       [](CensusBuilder& world, Policy& policy) {
         world.used(59min);
         policy.keep_last = 9;
       },
       KeptBy::grace},
      {"grace counts from the making, too", [](CensusBuilder& world, Policy&) { world.used(9h).made(1min); },
       KeptBy::grace},
      {"keep-last over reserved",
       [](CensusBuilder&, Policy& policy) {
         policy.keep_last = 1;
         policy.reserved = megabytes(999);
       },
       KeptBy::keep_last},
      {"reserved", [](CensusBuilder&, Policy& policy) { policy.reserved = megabytes(10); }, KeptBy::reserved},
  };
  for (const Row& row : rows)
    for (const Policy& rule : {max_size(0), min_free(1000), max_age(1h)}) {
      CAPTURE(row.what);
      CensusBuilder world = a_census().tree("a", 10).snapshot("s", {"a"});
      Policy policy = rule;
      row.protect(world, policy);
      CHECK(world.going(policy).empty());
      CHECK(world.kept_by("s", policy) == row.why);
    }
}

TEST_CASE("after the grace time nothing of it protects") {
  CHECK(a_census().tree("a", 10).snapshot("s", {"a"}).used(61min).going(max_size(0)) == "s");
}

TEST_CASE("a cap is met with those used least recently, and no more") {
  const auto world = a_census()
                         .tree("a", 10)
                         .tree("b", 10)
                         .tree("c", 10)
                         .snapshot("new", {"a"})
                         .used(1 * kDay)
                         .snapshot("oldest", {"b"})
                         .used(9 * kDay)
                         .snapshot("old", {"c"})
                         .used(5 * kDay);
  CHECK(world.going(max_size(30)).empty());
  CHECK(world.going(max_size(29)) == "oldest");
  CHECK(world.going(max_size(20)) == "oldest");
  CHECK(world.going(max_size(19)) == "oldest old");
  CHECK(world.going(max_size(0)) == "oldest old new");
}

TEST_CASE("free space counts what goes") {
  const auto world = a_census()
                         .free(100)
                         .tree("a", 10)
                         .tree("b", 10)
                         .snapshot("s", {"a"})
                         .used(9 * kDay)
                         .snapshot("t", {"b"});
  CHECK(world.going(min_free(100)).empty());
  CHECK(world.going(min_free(101)) == "t");
  CHECK(world.going(min_free(111)) == "t s");
}

TEST_CASE("on a disk that others have filled, free space takes what lies idle and not what is in daily use") {
  auto world = a_census()
                   .free(10)
                   .tree("a", 10)
                   .tree("b", 10)
                   .tree("c", 10)
                   .snapshot("idle", {"a"})
                   .used(9 * kDay)
                   .snapshot("busy", {"b"})
                   .used(6 * kDay)
                   .snapshot("held", {"c"})
                   .used(9 * kDay)
                   .rooted();
  CHECK(world.going(min_free(30)) == "idle busy");
  CHECK(world.going(min_free(31)) == "idle");
  const GcPlan plan = plan_gc(world.census(), min_free(31));
  CHECK(plan.is_min_free_out_of_reach);
  REQUIRE(plan.missed.size() == 1);
  CHECK(plan.missed[0].missing_bytes == 11 * kMB);
  Policy policy = min_free(31);
  policy.max_size = SizeLimit{.bytes = 10 * kMB};  // max-size does not depend on other data on the disk
  CHECK(world.going(policy) == "idle busy");
  CHECK(world.clock_went_back().going(min_free(31)).empty());
}

TEST_CASE("what is from the future counts as used and made now") {
  auto world = a_census().tree("a", 10).tree("unnamed", 1, -99 * kDay).snapshot("s", {"a"}).made(-99 * kDay);
  Policy policy = max_size(0);
  CHECK(world.going(policy).empty());
  CHECK(world.kept_by("s", policy) == KeptBy::grace);
  policy.grace = {};
  CHECK(world.going(policy) == "s");
  CHECK(plan_gc(world.census(), {}).unused_trees == std::vector<std::uint32_t>{1});
  policy = max_age(0s);
  policy.grace = {};
  CHECK(world.going(policy).empty());
}

TEST_CASE("nothing goes while a lease does not say what it uses") {
  Census census = a_census().tree("a", 10).tree("b", 10).snapshot("s", {"a"}).with_ingest().census();
  census.unknown_leases.push_back("lease x, held by process 7: sh");
  const GcPlan plan = plan_gc(census, max_size(0));
  CHECK(plan.going.empty());
  CHECK(plan.unused_trees.empty());
  CHECK(plan.kept.at(0).why == KeptBy::lease);
  CHECK(plan.kept.at(0).detail == "may be in use: lease x, held by process 7: sh");
}

TEST_CASE("a limit in percent is of the filesystem") {
  Policy policy;
  policy.max_size = SizeLimit{.bytes = 0, .percent = 1};
  const auto world =
      a_census().tree("a", 10).tree("b", 1).snapshot("s", {"a"}).snapshot("t", {"b"}).used(kDay);
  CHECK(world.going(policy) == "s");
}

TEST_CASE("bytes that others share are not freed, so their owner is passed over") {
  const auto world = a_census()
                         .tree("shared", 100)
                         .tree("own", 1)
                         .snapshot("oldest", {"shared"})
                         .used(9 * kDay)
                         .snapshot("old", {"own"})
                         .used(8 * kDay)
                         .snapshot("new", {"shared"})
                         .rooted();
  CHECK(world.going(max_size(100)) == "old");
}

TEST_CASE("blobs in several trees go with the last of these") {
  const auto world = a_census()
                         .tree("a", 0)
                         .tree("b", 0)
                         .shared({"a", "b"}, 50)
                         .snapshot("s", {"a"})
                         .used(9 * kDay)
                         .snapshot("t", {"b"})
                         .used(8 * kDay);
  const GcPlan plan = plan_gc(world.census(), max_size(10));
  REQUIRE(plan.going.size() == 2);
  CHECK(plan.going[0].freed_bytes == 0);
  CHECK(plan.going[1].freed_bytes == 50 * kMB);
  CHECK(plan.bytes_after == 0);
}

TEST_CASE("one that becomes the last owner of something goes before those used later") {
  const auto world = a_census()
                         .tree("shared", 50)
                         .tree("b", 10)
                         .tree("c", 50)
                         .snapshot("oldest", {"shared"})
                         .used(9 * kDay)
                         .snapshot("old", {"shared", "b"})
                         .used(8 * kDay)
                         .snapshot("new", {"c"})
                         .used(7 * kDay);
  CHECK(world.going(max_size(60)) == "oldest old");
}

TEST_CASE("two that free something only together go together, and one that frees nothing does not") {
  const auto world = a_census()
                         .tree("twins", 50)
                         .tree("pinned", 10)
                         .snapshot("py311", {"twins"})
                         .used(9 * kDay)
                         .snapshot("nothing", {"pinned"})
                         .used(8 * kDay)
                         .snapshot("py312", {"twins"})
                         .used(7 * kDay)
                         .snapshot("root", {"pinned"})
                         .rooted();
  const GcPlan plan = plan_gc(world.census(), max_size(5));
  CHECK(world.going(max_size(5)) == "py311 py312");
  REQUIRE(plan.missed.size() == 1);
  CHECK(plan.missed[0].cap == GoesBy::max_size);
  CHECK(plan.missed[0].missing_bytes == 5 * kMB);
}

TEST_CASE("age counts since the last use, or the making where no use is known") {
  const auto world = a_census()
                         .tree("a", 1)
                         .snapshot("made", {"a"})
                         .made(40 * kDay)
                         .snapshot("used", {"a"})
                         .made(40 * kDay)
                         .used(29 * kDay);
  CHECK(world.going(max_age(30 * kDay)) == "made");
}

TEST_CASE("where the clock went backwards no age counts, and caps do") {
  const auto world = a_census().clock_went_back().tree("a", 10).tree("unused", 1).snapshot("s", {"a"});
  const GcPlan plan = plan_gc(world.census(), max_age(1h));
  CHECK(plan.ages_skipped);
  CHECK(plan.going.empty());
  CHECK(plan.unused_trees.empty());
  CHECK(world.going(max_size(0)) == "s");
}

TEST_CASE("the store is not made smaller than what is reserved") {
  auto world = a_census()
                   .tree("a", 10)
                   .tree("b", 10)
                   .snapshot("old", {"a"})
                   .used(9 * kDay)
                   .snapshot("new", {"b"})
                   .used(kDay);
  Policy policy = max_age(1h);
  policy.reserved = megabytes(10);
  CHECK(world.going(policy) == "old");
  CHECK(world.kept_by("new", policy) == KeptBy::reserved);
}

TEST_CASE("trees that no snapshot names go when they are old enough and nobody may be about to name them") {
  auto world = a_census().tree("old", 10).tree("young", 10, 1min).tree("named", 10).snapshot("s", {"named"});
  const GcPlan plan = plan_gc(world.census(), {});
  CHECK(plan.unused_trees == std::vector<std::uint32_t>{0});
  CHECK(plan.bytes_before == 30 * kMB);
  CHECK(plan.bytes_after == 20 * kMB);
  CHECK(plan_gc(world.with_ingest().census(), {}).unused_trees.empty());
}

TEST_CASE("what is being deleted counts as gone and is decided no more") {
  const auto world = a_census()
                         .tree("a", 10)
                         .tree("b", 10)
                         .snapshot("leaving", {"a"})
                         .fate(Fate::deleting)
                         .snapshot("s", {"b"});
  const GcPlan plan = plan_gc(world.census(), max_size(10));
  CHECK(plan.going.empty());
  CHECK(plan.kept.size() == 1);
  CHECK(plan.bytes_after == 10 * kMB);
  CHECK(explain(world.census(), {}, plan, 0).find("being deleted") != std::string::npos);
}

TEST_CASE("the condemned are decided anew") {
  CHECK(
      a_census().tree("a", 1).snapshot("s", {"a"}).fate(Fate::condemned).leased().going(max_size(0)).empty());
  CHECK(a_census().tree("a", 1).snapshot("s", {"a"}).fate(Fate::condemned).going(max_size(0)) == "s");
}

TEST_CASE("blobs that no tree has do not count against a cap, unless an ingest may be at them") {
  auto world = a_census().tree("a", 10).shared({}, 50).snapshot("s", {"a"});
  CHECK(world.going(max_size(10)).empty());
  CHECK(world.with_ingest().going(max_size(10)) == "s");
}

TEST_CASE("times at the ends of their range overflow nothing") {
  auto world = a_census().tree("a", 10).snapshot("s", {"a"});
  Census census = world.census();
  for (const std::int64_t time :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    census.snapshots[0].made_at_ns = time;
    census.trees[0].made_at_ns = time;
    CHECK_FALSE(explain(census, max_age(1h), plan_gc(census, max_age(1h)), 0).empty());
  }
}

TEST_CASE("the explanation says why it goes or stays, and when") {
  struct Row {
    CensusBuilder world;
    Policy policy;
    const char* says;
  };
  const auto one = [] { return a_census().tree("a", 10).snapshot("s", {"a"}); };
  const Row rows[] = {
      {one().leased(), max_size(0), "stays (lease): in use by process 7, running x.py"},
      {one().rooted("tool"), max_size(0), "stays (root): kept by tool"},
      {one().used(1min), max_size(0), "untouched for 59 minutes more"},
      {one(), {}, "no rule by which anything goes"},
      {one(), max_size(10), "stays (no-rule): no cap requires its removal"},
      {one(), max_age(52 * kDay), "goes in 2 days"},
      {one(), max_age(30 * kDay), "goes: it was not used for 30 days"},
      {one(), max_size(9), "goes: the store is larger than max-size, 9.0 MB"},
      {one(), min_free(101), "has less free than min-free, 101 MB"},
      {one().leased(), max_size(0), "max-size is missed by 10 MB"},
  };
  for (const Row& row : rows) {
    const std::string text =
        explain(row.world.census(), row.policy, plan_gc(row.world.census(), row.policy), 0);
    CAPTURE(text);
    CAPTURE(row.says);
    CHECK(text.find(row.says) != std::string::npos);
  }
}

TEST_CASE("what a snapshot frees alone, and what several free together") {
  const auto world = a_census()
                         .tree("a", 1)
                         .tree("b", 10)
                         .shared({"a", "b"}, 100)
                         .snapshot("s", {"a"})
                         .snapshot("t", {"b"})
                         .snapshot("u", {"a", "b"})
                         .snapshot("v", {"b"});
  CHECK(own_bytes(world.census()) == std::vector<std::uint64_t>{0, 0, 0, 0});
  CHECK(bytes_freed_by(world.census(), {0, 2}) == 1 * kMB);
  CHECK(bytes_freed_by(world.census(), {1, 2, 3}) == 10 * kMB);
  CHECK(bytes_freed_by(world.census(), {0, 1, 2, 3}) == 111 * kMB);
}

TEST_CASE("the store's size is that of its blobs, folders, bytecode, layouts and index") {
  const auto world = a_census().tree("a", 10).folders(3).snapshot("s", {"a"}).layouts(2).index(1);
  const GcPlan plan = plan_gc(world.census(), max_size(1));
  CHECK(plan.bytes_before == 16 * kMB);
  CHECK(plan.bytes_after == 1 * kMB);
  REQUIRE(plan.going.size() == 1);
  CHECK(plan.going[0].freed_bytes == 15 * kMB);
  CHECK(plan.missed.empty());
  CHECK(world.going(max_size(16)).empty());
}

TEST_CASE("an index that is larger than the cap is told, and cannot be helped") {
  const auto world = a_census().index(5);
  const GcPlan plan = plan_gc(world.census(), max_size(3));
  REQUIRE(plan.missed.size() == 1);
  CHECK(plan.missed[0].missing_bytes == 2 * kMB);
}

TEST_CASE("what frees its layouts alone goes where that is enough, and stays where it is not") {
  const auto world = a_census()
                         .tree("a", 100)
                         .snapshot("old", {"a"})
                         .layouts(5)
                         .used(9 * kDay)
                         .snapshot("new", {"a"})
                         .layouts(5)
                         .leased();
  CHECK(world.going(max_size(106)) == "old");
  CHECK(world.going(max_size(50)).empty());
}

TEST_CASE("a snapshot that frees files goes before an older one that frees its layouts alone") {
  const auto world = a_census()
                         .tree("a", 100)
                         .tree("b", 10)
                         .snapshot("shares", {"a"})
                         .layouts(5)
                         .used(9 * kDay)
                         .snapshot("own", {"b"})
                         .used(8 * kDay)
                         .snapshot("held", {"a"})
                         .leased();
  CHECK(world.going(max_size(105)) == "own");
}

#include "gc/verify/ledger.h"

#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::RepairWorld;

namespace {

void change_rows(RepairWorld& world, const std::function<void(Index::Write&)>& change) {
  Index::Write write = world.store().index().write();
  change(write);
  write.commit();
}

std::size_t chosen(Ledger& ledger) {
  std::size_t count = 0;
  for (std::size_t number = 0; number < Ledger::kShards; ++number)
    for (const KnownBlob& blob : ledger.shard(number)) count += blob.is_chosen ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("every row of a blob is found by its id, and counted for each tree that has it") {
  RepairWorld world;
  Ledger ledger;
  ledger.load(world.store(), 2);
  const auto row = world.store().index().read().blob(blob_of(RepairWorld::kDemo));
  const KnownBlob* found = ledger.find(blob_of(RepairWorld::kDemo));
  REQUIRE(found != nullptr);
  CHECK(found->row == *row);
  CHECK(found->object == KnownBlob::Object::unseen);
  CHECK(ledger.find(blob_of("nothing")) == nullptr);
  // Seven files of `demo`: one is empty, two have the same bytes.
  CHECK(ledger.blobs_of(world.demo) == 5);
  CHECK(ledger.blobs_of(world.other) == 2);
  CHECK(ledger.blobs_of(TreeId{}) == 0);
  CHECK(ledger.size() == 8);
}

TEST_CASE("a sample takes the blobs hashed longest ago, until it has its part of the bytes") {
  Ledger ledger;
  for (std::uint8_t i = 1; i <= 4; ++i) {
    KnownBlob blob;
    blob.id.bytes[0] = i;
    blob.row.size = 100;
    blob.row.verified_at_ns = 10 - i;
    ledger.shard(i).push_back(blob);
  }
  const auto is_chosen = [&](std::uint8_t i) { return ledger.shard(i).front().is_chosen; };
  SUBCASE("nothing") {
    ledger.choose_stalest(0);
    CHECK(chosen(ledger) == 0);
  }
  SUBCASE("a part: the last blob may exceed it") {
    ledger.choose_stalest(30);
    CHECK(chosen(ledger) == 2);
    CHECK(is_chosen(4));
    CHECK(is_chosen(3));
  }
  SUBCASE("everything") {
    ledger.choose_stalest(100);
    CHECK(chosen(ledger) == 4);
  }
}

TEST_CASE("renewals write the rows that nobody changed since, once") {
  RepairWorld world;
  const BlobId mine = blob_of(RepairWorld::kDemo), theirs = blob_of("OTHER = 1\n");
  const BlobRow my_row = *world.store().index().read().blob(mine);
  const BlobRow their_row = *world.store().index().read().blob(theirs);
  BlobRow renewed = my_row, stale = their_row, newer = their_row;
  renewed.verified_at_ns = 77;
  stale.verified_at_ns = 77;
  newer.verified_at_ns = 88;
  Renewals renewals(world.store());
  renewals.add(mine, my_row, renewed);
  renewals.add(theirs, their_row, stale);
  change_rows(world, [&](Index::Write& write) { write.put(theirs, newer); });
  renewals.write();
  CHECK(world.store().index().read().blob(mine) == renewed);
  CHECK(world.store().index().read().blob(theirs) == newer);
  change_rows(world, [&](Index::Write& write) { write.put(mine, my_row); });
  renewals.write();
  CHECK(world.store().index().read().blob(mine) == my_row);
}

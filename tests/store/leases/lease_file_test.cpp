#include "store/leases/lease_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "store/leases/lease.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "tests/store/builders.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

struct World {
  TemporaryDirectory directory;
  SystemClock clock;
  Store store = Store::open(directory.path() + "/store", clock);

  void make(const SnapshotId& id) {
    Index::Write transaction = store.index().write();
    transaction.put(id, a_snapshot_row());
    transaction.commit();
  }
  void lose_volatile_data() {
    for (const DirectoryEntry& boot : list_directory(store.root(), store_paths::kVolatile))
      remove_tree(store.root(), std::string(store_paths::kVolatile) + "/" + boot.name);
  }
  std::string file_of(const Lease& lease) {
    return read_file(store.root(), store_paths::lease(lease.name()));
  }
};

const LeaseRow kRow = {.kind = LeaseKind::pip,
                       .pid = 7,
                       .made_at_ns = -1,
                       .snapshots = {a_snapshot("a"), a_snapshot("b")},
                       .what = "x.py"};

}  // namespace

TEST_CASE("the file of a lease is read back, for every kind, with what was appended") {
  for (const LeaseKind kind :
       {LeaseKind::run, LeaseKind::ingest, LeaseKind::verify, LeaseKind::compile, LeaseKind::pip}) {
    LeaseRow row = kRow;
    row.kind = kind;
    CHECK(parse_lease_file(lease_file_text(row)) == row);
    const std::string text = lease_file_text(row) + lease_file_addition({a_snapshot("c")});
    row.snapshots.push_back(a_snapshot("c"));
    CHECK(parse_lease_file(text) == row);
  }
}

TEST_CASE("a truncated lease file is unreadable, wherever it ends") {
  const std::string text = lease_file_text(kRow);
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_FALSE(parse_lease_file(std::string_view(text).substr(0, size)));
  const std::string longer = text + lease_file_addition({a_snapshot("c")});
  for (std::size_t size = text.size() + 1; size < longer.size(); ++size)
    CHECK_FALSE(parse_lease_file(std::string_view(longer).substr(0, size)));
}

TEST_CASE("a lease file of another version, of zeros or with extra bytes is unreadable") {
  std::string text = lease_file_text(kRow);
  CHECK_FALSE(parse_lease_file(text + "\n"));
  CHECK_FALSE(parse_lease_file(text + "x\n"));
  CHECK_FALSE(parse_lease_file(std::string(text.size(), '\0')));
  text[14] = '2';
  CHECK_FALSE(parse_lease_file(text));
  CHECK_FALSE(parse_lease_file("envstore lease 1\nrob 7 1 0\nx\n"));
  CHECK_FALSE(parse_lease_file("envstore lease 1\nrun 7 1 99999999999999999999\nx\n"));
}

TEST_CASE("what a run is called takes one line of its file") {
  LeaseRow row = kRow;
  row.what = "a\nb\x1b[31m\x7f";
  const auto read = parse_lease_file(lease_file_text(row));
  REQUIRE(read);
  CHECK(read->what == "a b [31m ");
  CHECK(read->snapshots == row.snapshots);
}

TEST_CASE("a lease without a row is found by its file") {
  World world;
  world.make(a_snapshot("a"));
  const auto lease = Lease::acquire(world.store, LeaseKind::run, {a_snapshot("a")}, "x.py");
  REQUIRE(lease);
  world.lose_volatile_data();
  CHECK_FALSE(world.store.index().read().lease(lease->name()));
  const std::vector<HeldLease> held = held_leases(world.store);
  REQUIRE(held.size() == 1);
  CHECK(held[0].name == lease->name());
  REQUIRE(held[0].row);
  CHECK(held[0].row->snapshots == std::vector{a_snapshot("a")});
  CHECK(held[0].row->what == "x.py");
  CHECK(dropped_leases(world.store).empty());
}

TEST_CASE("a lease names a snapshot in its file before its row does, and makes a lost row again") {
  World world;
  auto lease = Lease::acquire(world.store, LeaseKind::ingest, {}, "x.py");
  REQUIRE(lease);
  lease->announce({a_snapshot("a")});
  CHECK(parse_lease_file(world.file_of(*lease))->snapshots == std::vector{a_snapshot("a")});
  CHECK(world.store.index().read().lease(lease->name())->snapshots.empty());
  world.lose_volatile_data();
  world.make(a_snapshot("b"));
  CHECK(lease->add({a_snapshot("b")}));
  const auto row = world.store.index().read().lease(lease->name());
  REQUIRE(row);
  CHECK(row->snapshots == std::vector{a_snapshot("a"), a_snapshot("b")});
  CHECK(parse_lease_file(world.file_of(*lease))->snapshots == row->snapshots);
}

TEST_CASE("a lease whose process has ended is a dropped one, with the content of its file") {
  World world;
  { Lease::acquire(world.store, LeaseKind::run, {}, "x.py")->hand_over(); }
  // The descriptor was released, not closed: it lives as long as this process.
  CHECK(held_leases(world.store).size() == 1);
  create_file(world.store.root(), store_paths::lease(std::string(32, 'a')), "half", 0600);
  const std::vector<HeldLease> dropped = dropped_leases(world.store);
  REQUIRE(dropped.size() == 1);
  CHECK_FALSE(dropped[0].row);
}

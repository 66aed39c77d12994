#include "store/leases/lease.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <csignal>

#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "tests/store/builders.h"
#include "tests/store/processes.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

struct FixedClock final : Clock {
  Timestamp now() const override { return Timestamp(std::chrono::nanoseconds(time_ns)); }
  std::int64_t time_ns = 1'000;
};

struct World {
  TemporaryDirectory directory;
  FixedClock clock;
  Store store = Store::open(directory.path() + "/store", clock);

  void make(std::string_view snapshot) {
    Index::Write transaction = store.index().write();
    transaction.put(a_snapshot(snapshot), a_snapshot_row());
    transaction.commit();
  }
  void doom(std::string_view snapshot, Fate fate) {
    Index::Write transaction = store.index().write();
    transaction.put_fate(a_snapshot(snapshot), {.fate = fate, .epoch = 1, .since_ns = 5});
    transaction.commit();
  }
  std::optional<Lease> lease(const std::vector<SnapshotId>& snapshots) {
    return Lease::acquire(store, LeaseKind::run, snapshots, "test");
  }
  std::size_t files() { return list_directory(store.root(), store_paths::kLeases).size(); }
  std::size_t rows() {
    std::size_t count = 0;
    store.index().read().each_lease([&](const std::string&, const LeaseRow&) { return ++count > 0; });
    return count;
  }
};

}  // namespace

TEST_CASE("a lease records process, snapshots and start, and is removed at its end") {
  World world;
  world.make("a");
  {
    const auto lease = world.lease({a_snapshot("a")});
    REQUIRE(lease);
    CHECK(lease->name().size() == 32);
    const auto row = world.store.index().read().lease(lease->name());
    REQUIRE(row);
    CHECK(row->snapshots == std::vector{a_snapshot("a")});
    CHECK(row->made_at_ns == 1'000);
    CHECK(row->pid == getpid());
    CHECK(world.store.index().read().last_use_ns(a_snapshot("a")) == 1'000);
    CHECK(is_lease_live(world.store, lease->name()));
    CHECK(remove_dead_leases(world.store) == 0);
    CHECK(world.files() == 1);
  }
  CHECK(world.files() == 0);
  CHECK(world.rows() == 0);
}

TEST_CASE("a snapshot that is absent or being deleted cannot be leased, and the attempt leaves nothing") {
  World world;
  world.make("a");
  world.make("b");
  SUBCASE("absent") {
    CHECK_FALSE(world.lease({a_snapshot("a"), a_snapshot("nowhere")}));
  }
  SUBCASE("deleting") {
    world.doom("b", Fate::deleting);
    CHECK_FALSE(world.lease({a_snapshot("a"), a_snapshot("b")}));
    CHECK(world.store.index().read().fate(a_snapshot("b"))->fate == Fate::deleting);
  }
  CHECK(world.files() == 0);
  CHECK(world.rows() == 0);
  CHECK_FALSE(world.store.index().read().last_use_ns(a_snapshot("a")));
}

TEST_CASE("a condemned snapshot is taken back by a lease") {
  World world;
  world.make("a");
  world.doom("a", Fate::condemned);
  CHECK(world.lease({a_snapshot("a")}));
  CHECK_FALSE(world.store.index().read().fate(a_snapshot("a")));
}

TEST_CASE("a lease can add snapshots that its owner makes, but no snapshot that is gone") {
  World world;
  auto lease = world.lease({});
  REQUIRE(lease);
  world.make("a");
  CHECK(lease->add({a_snapshot("a")}));
  CHECK(lease->add({a_snapshot("a")}));
  CHECK_FALSE(lease->add({a_snapshot("nowhere")}));
  CHECK(world.store.index().read().lease(lease->name())->snapshots == std::vector{a_snapshot("a")});
}

TEST_CASE("the temporary directory lives as long as the lease") {
  World world;
  std::string path;
  {
    auto lease = world.lease({});
    path = lease->tmp_directory();
    make_directories(world.store.root(), path + "/deep/er", 0700);
    CHECK(lease->tmp_directory() == path);
  }
  CHECK_FALSE(stat_at(world.store.root(), path, Links::do_not_follow));
}

TEST_CASE("what a killed process leased is removed with its scratch and its half-made things") {
  World world;
  world.make("a");
  Pipe has_lease;
  {
    Child victim([&] {
      Store store = Store::open(world.store.path(), world.clock);
      auto lease = Lease::acquire(store, LeaseKind::run, {a_snapshot("a")}, "victim");
      make_directories(store.root(), lease->tmp_directory() + "/half", 0700);
      make_directories(store.root(), store_paths::scratch(lease->name()) + "/bin", 0700);
      has_lease.tell();
      pause();
    });
    has_lease.hear();
    CHECK(world.rows() == 1);
    CHECK(remove_dead_leases(world.store) == 0);
    victim.kill();
    victim.wait();
  }
  CHECK(remove_dead_leases(world.store) == 1);
  CHECK(world.rows() == 0);
  CHECK(world.files() == 0);
  CHECK(list_directory(world.store.root(), store_paths::kTmp).empty());
  CHECK(list_directory(world.store.root(), store_paths::kScratch).empty());
}

TEST_CASE("a program that inherited the descriptor keeps the lease alive after its supervisor was killed") {
  World world;
  Pipe has_lease, may_end;
  int alive[2];
  REQUIRE(pipe(alive) == 0);
  Child supervisor([&] {
    Store store = Store::open(world.store.path(), world.clock);
    auto lease = Lease::acquire(store, LeaseKind::run, {}, "supervisor");
    CHECK(lease->make_inheritable() >= 100);
    if (fork() == 0) {
      close(alive[0]);
      has_lease.tell();
      may_end.hear();
      _exit(0);
    }
    pause();
  });
  has_lease.hear();
  close(alive[1]);
  supervisor.kill();
  supervisor.wait();
  CHECK(remove_dead_leases(world.store) == 0);
  CHECK(world.rows() == 1);
  may_end.tell();
  char end_of_file = 0;
  CHECK(read(alive[0], &end_of_file, 1) == 0);  // the program has ended
  close(alive[0]);
  CHECK(remove_dead_leases(world.store) == 1);
}

TEST_CASE("files in leases/ that a crash left half made are removed") {
  World world;
  create_file(world.store.root(), "leases/0123456789abcdef0123456789abcdef", "", 0600);
  create_file(world.store.root(), "leases/torn", "half a", 0600);
  CHECK(remove_dead_leases(world.store) == 2);
  CHECK(world.files() == 0);
}

TEST_CASE("a lease whose file was removed counts as live, because its liveness is unknown") {
  World world;
  const auto lease = world.lease({});
  unlink_if_there(world.store.root(), store_paths::lease(lease->name()));
  CHECK(is_lease_live(world.store, lease->name()));
  CHECK(remove_dead_leases(world.store) == 0);
  CHECK(world.rows() == 1);
}

TEST_CASE("a lease that ends while its row cannot be erased is a dead one, which the next cleaning removes") {
  World world;
  world.make("a");
  auto lease = world.lease({a_snapshot("a")});
  REQUIRE(lease);
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &none) == 0);
  lease.reset();
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  static_cast<void>(std::signal(SIGXFSZ, before));
  CHECK(world.rows() == 1);
  CHECK(remove_dead_leases(world.store) == 1);
  CHECK(world.rows() == 0);
  CHECK(world.files() == 0);
}

TEST_CASE("leases come and go while others remove dead ones, and none loses its row or its file") {
  World world;
  world.make("a");
  std::vector<Child> runs = children(6, [&](int) {
    Store store = Store::open(world.store.path(), world.clock);
    for (int i = 0; i < 60; ++i) {
      const auto lease = Lease::acquire(store, LeaseKind::run, {a_snapshot("a")}, "run");
      if (!lease) throw std::runtime_error("refused");
      const bool is_whole =
          store.index().read().lease(lease->name()).has_value() &&
          stat_at(store.root(), store_paths::lease(lease->name()), Links::do_not_follow).has_value();
      if (!is_whole) throw std::runtime_error("a live lease was removed");
    }
  });
  std::vector<Child> cleaners = children(2, [&](int) {
    Store store = Store::open(world.store.path(), world.clock);
    for (int i = 0; i < 150; ++i) remove_dead_leases(store);
  });
  for (Child& child : runs) CHECK(child.wait() == 0);
  for (Child& child : cleaners) CHECK(child.wait() == 0);
  CHECK(world.files() == 0);
  CHECK(world.rows() == 0);
}

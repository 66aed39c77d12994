#include "store/index.h"

#include <doctest/doctest.h>

#include "builders.h"
#include "store/layout.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/filesystem_kind.h"
#include "temporary_directory.h"

using namespace envstore;

namespace {

struct World {
  TemporaryDirectory directory;
  Index index{directory.fd(), Index::Access::read_write};

  void put_blob(std::string_view name, std::uint64_t size) {
    Index::Write transaction = index.write();
    transaction.put(a_blob(name), a_blob_row(size));
    transaction.commit();
  }
  void erase_blob(std::string_view name) {
    Index::Write transaction = index.write();
    transaction.erase(a_blob(name));
    transaction.commit();
  }
  std::optional<std::uint64_t> size_of(std::string_view name) {
    const auto row = index.read().blob(a_blob(name));
    return row ? std::optional(row->size) : std::nullopt;
  }
  /// What is left when the power fails: the volatile environment belongs to a boot that is over.
  std::optional<std::uint64_t> size_after_power_cut(std::string_view name) {
    remove_tree(directory.fd(), layout::kVolatile);
    return size_of(name);
  }
};

}  // namespace

TEST_CASE("a row that was committed is read back, and one that was not is not there") {
  World world;
  world.put_blob("a", 7);
  {
    Index::Write abandoned = world.index.write();
    abandoned.put(a_blob("b"), a_blob_row(8));
  }
  CHECK(world.size_of("a") == 7);
  CHECK_FALSE(world.size_of("b"));
}

TEST_CASE("an unpromoted row is lost with the boot, a promoted one is not") {
  World world;
  world.put_blob("promoted", 1);
  CHECK(world.index.has_unpromoted());
  CHECK(world.index.promote(Index::Wait::yes));
  CHECK_FALSE(world.index.has_unpromoted());
  world.put_blob("recent", 2);
  CHECK(world.size_of("promoted") == 1);
  CHECK(world.size_of("recent") == 2);
  CHECK(world.size_after_power_cut("promoted") == 1);
  CHECK_FALSE(world.size_of("recent"));
}

TEST_CASE("erasing hides a durable row at once, and for good after promotion") {
  World world;
  world.put_blob("a", 1);
  world.index.promote(Index::Wait::yes);
  world.erase_blob("a");
  CHECK_FALSE(world.size_of("a"));
  SUBCASE("unpromoted, the erasure is lost with the boot") {
    CHECK(world.size_after_power_cut("a") == 1);
  }
  SUBCASE("promoted, it stays") {
    world.index.promote(Index::Wait::yes);
    CHECK_FALSE(world.index.has_unpromoted());
    CHECK_FALSE(world.size_after_power_cut("a"));
  }
  SUBCASE("written again, it is there again") {
    world.put_blob("a", 3);
    CHECK(world.size_of("a") == 3);
    world.index.promote(Index::Wait::yes);
    CHECK(world.size_after_power_cut("a") == 3);
  }
}

TEST_CASE("no descriptor of the index is left to the programs that a run starts") {
  World world;
  world.put_blob("a", 1);
  world.index.promote(Index::Wait::yes);
  CHECK(world.size_of("a") == 1);
  for (const DirectoryEntry& entry : list_directory(AT_FDCWD, "/proc/self/fd")) {
    const int fd = std::stoi(entry.name);
    if (path_of(fd).find(world.directory.path()) == 0) CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
}

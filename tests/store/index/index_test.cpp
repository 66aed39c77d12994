#include "store/index/index.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "tests/store/builders.h"
#include "tests/store/temporary_directory.h"

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
  /// The size in the row after a power cut, which loses the volatile environment.
  std::optional<std::uint64_t> size_after_power_cut(std::string_view name) {
    remove_tree(directory.fd(), store_paths::kVolatile);
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

TEST_CASE("a walk over blobs has the trees of each, from both environments") {
  World world;
  const auto write = [&](auto&& what) {
    Index::Write rows = world.index.write();
    what(rows);
    rows.commit();
  };
  write([](Index::Write& rows) {
    rows.put(a_blob("a"), a_blob_row(1));
    rows.put(a_blob("erased"), a_blob_row(2));
    rows.link_blob_to_tree(a_blob("a"), a_tree("t"));
    rows.link_blob_to_tree(a_blob("a"), a_tree("gone"));
    rows.link_blob_to_tree(a_blob("without a row"), a_tree("t"));
  });
  world.index.promote(Index::Wait::yes);
  write([](Index::Write& rows) {
    rows.put(a_blob("a"), a_blob_row(9));
    rows.put(a_blob("alone"), a_blob_row(3));
    rows.erase(a_blob("erased"));
    rows.unlink_blob_from_tree(a_blob("a"), a_tree("gone"));
    rows.link_blob_to_tree(a_blob("a"), a_tree("u"));
  });
  using Seen = std::map<BlobId, std::pair<std::uint64_t, std::set<TreeId>>>;
  const Seen expected = {{a_blob("a"), {9, {a_tree("t"), a_tree("u")}}}, {a_blob("alone"), {3, {}}}};
  for (const bool in_slices : {false, true}) {
    Seen seen;
    Index::Read rows = in_slices ? world.index.read_in_slices() : world.index.read();
    rows.each_blob_use([&](const BlobId& id, const BlobRow& row, std::span<const TreeId> trees) {
      CHECK(seen.emplace(id, std::pair(row.size, std::set(trees.begin(), trees.end()))).second);
      return true;
    });
    CHECK(seen == expected);
  }
}

TEST_CASE("a read in slices sees every row once and lets a writer in") {
  constexpr std::size_t kRows = 3;
  World world;
  for (std::size_t i = 0; i < kRows; ++i) world.put_blob(std::to_string(i), 1);
  const Fd lock = open_file(world.directory.fd(), store_paths::kIndexLock, O_RDWR);
  const auto walk = [&](Index::Read& rows, const std::function<void()>& visit) {
    SUBCASE("over blobs") {
      rows.each_blob([&](const BlobId&, const BlobRow&) { return visit(), true; });
    }
    SUBCASE("over their uses") {
      rows.each_blob_use(
          [&](const BlobId&, const BlobRow&, std::span<const TreeId>) { return visit(), true; });
    }
  };
  std::thread writer;
  std::size_t visited = 0;
  Index::Read rows = world.index.read_in_slices();
  walk(rows, [&] {
    if (++visited > 1) {
      CHECK(rows.root("written meanwhile"));
      return;
    }
    writer = std::thread([&] {
      Index::Write transaction = world.index.write();
      transaction.put_root("written meanwhile", {});
      transaction.commit();
    });
    const auto slice_ends = std::chrono::steady_clock::now() + std::chrono::milliseconds(3);
    // The writer waits for its turn once it holds the gate.
    while (is_lock_free(lock.get(), 0) || std::chrono::steady_clock::now() < slice_ends)
      std::this_thread::yield();
  });
  writer.join();
  CHECK(visited == kRows);
}

#include <doctest/doctest.h>
#include <chrono>
#include <future>
#include <optional>
#include <sstream>
#include <thread>

#include "store/platform/lock.h"
#include "tests/gc/damage_world.h"

using namespace envstore;
using envstore::testing::DamageWorld;

namespace {

using Found = std::vector<std::string>;

/// True if a process waits for the lock on this file. The kernel has no event for that.
bool is_waited_for(int root, const std::string& lock) {
  const std::string inode = ":" + std::to_string(stat_at(root, lock, Links::follow)->inode) + " ";
  std::istringstream locks(read_file(AT_FDCWD, "/proc/locks"));
  for (std::string line; std::getline(locks, line);)
    if (line.find("->") != std::string::npos && line.find(inode) != std::string::npos) return true;
  return false;
}

/// What verify finds while `path` is renamed away and `lock` is held, until verify waits for that lock or has
/// ended.
Found found_while_away(DamageWorld& world, const std::string& path, const std::string& lock) {
  const int root = world.store().root();
  std::optional<FileLock> held = FileLock::wait(root, lock, LockMode::exclusive);
  rename_at(root, path, root, path + "-away");
  auto found = std::async(std::launch::async, [&] { return world.found(); });
  while (found.wait_for(std::chrono::seconds(0)) != std::future_status::ready && !is_waited_for(root, lock))
    std::this_thread::yield();
  rename_at(root, path + "-away", root, path);
  held.reset();
  return found.get();
}

}  // namespace

TEST_CASE("a layout that is removed and made again under its lock during a verification is no damage") {
  DamageWorld world;
  CHECK(found_while_away(world, store_paths::tree(world.demo), store_paths::tree_lock(world.demo)) ==
        Found{});
  CHECK(found_while_away(world, store_paths::snapshot(world.snapshot, Layout::farm),
                         "locks/snapshot-" + world.snapshot.hex().substr(0, 2)) == Found{});
}

TEST_CASE("a wheel whose tree has no row yet is no damage while the index is being rebuilt") {
  DamageWorld world;
  const TreeId lost = world.add_tree("lost", {{"site/lost.py", "LOST = 1\n"}});
  {
    Index::Write write = world.store().index().write();
    write.erase(lost);
    write.commit();
  }
  {
    const FileLock rebuild = FileLock::wait(world.store().root(), "locks/gc.lock", LockMode::exclusive);
    CHECK(world.found() == Found{});
  }
  CHECK(world.found() == Found{store_paths::tree(lost) + ": damaged-row"});
}

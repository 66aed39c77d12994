#include "store/platform/lock.h"

#include <doctest/doctest.h>

#include <future>

#include "tests/store/tree_world.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("waiting for a lock ends after the timeout") {
  TreeWorld world;
  const int root = world.store().root();
  const FileLock held = FileLock::wait(root, "locks/test", LockMode::exclusive);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(!FileLock::wait_for(root, "locks/test", LockMode::exclusive, std::chrono::milliseconds(30)));
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(30));
  CHECK(!FileLock::wait_for(root, "locks/test", LockMode::shared, std::chrono::milliseconds(0)));
}

TEST_CASE("a wait for a lock with a timeout ends as soon as the lock is free") {
  TreeWorld world;
  const int root = world.store().root();
  std::optional<FileLock> held = FileLock::wait(root, "locks/test", LockMode::exclusive);
  std::promise<void> begins;
  auto waiting = std::async(std::launch::async, [&] {
    begins.set_value();
    return FileLock::wait_for(root, "locks/test", LockMode::exclusive, std::chrono::hours(1)).has_value();
  });
  begins.get_future().wait();
  held.reset();
  CHECK(waiting.get());
}

TEST_CASE("a lock file that was removed during a wait for it is created again") {
  TreeWorld world;
  const int root = world.store().root();
  std::optional<FileLock> held = FileLock::wait(root, "locks/test", LockMode::exclusive);
  std::promise<void> begins;
  auto waiting = std::async(std::launch::async, [&] {
    begins.set_value();
    const FileLock mine = FileLock::wait(root, "locks/test", LockMode::exclusive);
    return !FileLock::attempt(root, "locks/test", LockMode::exclusive);
  });
  begins.get_future().wait();
  unlink_if_there(root, "locks/test");
  held.reset();
  CHECK(waiting.get());
}

#include <doctest/doctest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <functional>
#include <limits>
#include <random>
#include <stdexcept>

#include "store/platform/error.h"
#include "store/snapshots/adopt.h"
#include "store/snapshots/placement_build.h"
#include "store/snapshots/placement_plan.h"
#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::Files;
using envstore::testing::TreeWorld;

namespace {

Files many_files(const std::string& name) {
  Files files;
  for (int i = 0; i < 40; ++i) {
    files["site/n/" + name + std::to_string(i) + ".py"] = name + std::to_string(i);
    files["site/" + name + "/LICENSE" + std::to_string(i)] = "shared by all " + std::to_string(i % 7);
  }
  files["+xbin/" + name] = "#!/bin/sh\n" + name;
  files["data/etc/" + name] = name;
  return files;
}

/// What each process does: two trees, a snapshot of both, in both layouts.
SnapshotRecord provide(const TreeWorld& world) {
  Store store = world.open();
  Lease lease = TreeWorld::lease(store);
  std::map<std::string, TreeId> trees;
  for (const std::string name : {"one", "two"})
    trees[name] = TreeWorld::add_tree(store, lease, name, many_files(name));
  const SnapshotRecord record = TreeWorld::record(trees);
  for (const Layout layout : {Layout::farm, Layout::forest})
    place_snapshot(store, lease, record, layout, RequestRow{"request", {}, "label", 1});
  return record;
}

/// The child never returns; its exit code tells whether `action` threw.
pid_t in_a_child(const std::function<void()>& action) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child != 0) return child;
  int code = 0;
  try {
    action();
  } catch (const std::exception& error) {
    code = 1;
    (void)!write(2, error.what(), std::string_view(error.what()).size());
  }
  _exit(code);
}

int wait_for(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

struct TracedEnd {
  std::size_t stops = 0;  ///< at entries and exits of system calls
  int status = 0;
};

/// Runs `action` in a child that is killed when it has stopped `most_stops` times. A system call is where a
/// kill matters, and unlike a time it does not depend on what else the machine does.
TracedEnd kill_after(std::size_t most_stops, const std::function<void()>& action) {
  const pid_t child = in_a_child([&] {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) throw std::runtime_error("not traced");
    (void)raise(SIGSTOP);
    action();
  });
  TracedEnd end{.status = wait_for(child)};
  REQUIRE(WIFSTOPPED(end.status));
  REQUIRE(ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) == 0);
  int signal = 0;
  while (true) {
    REQUIRE(ptrace(PTRACE_SYSCALL, child, nullptr, signal) == 0);
    end.status = wait_for(child);
    if (!WIFSTOPPED(end.status)) return end;
    const bool is_call = WSTOPSIG(end.status) == (SIGTRAP | 0x80);
    signal = is_call ? 0 : WSTOPSIG(end.status);
    if (!is_call || ++end.stops < most_stops) continue;
    kill(child, SIGKILL);
    end.status = wait_for(child);
    return end;
  }
}

void check_whole(const TreeWorld& world, const SnapshotRecord& record) {
  Store store = world.open();
  const auto trees = layout_trees(store, record);
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    const LayoutPlan plan = plan_layout(record, trees, layout);
    CHECK(differences(store, plan, trees, store_paths::snapshot(record.id(), layout)).empty());
  }
  for (const SnapshotTree& tree : record.trees) {
    const TreeManifest manifest = TreeManifest::load(store, tree.tree);
    Index::Read read = store.index().read();
    for (const TreeEntry& entry : manifest.entries()) {
      const auto object = stat_at(store.root(), store_paths::object(entry.blob), Links::do_not_follow);
      const auto row = read.blob(entry.blob);
      REQUIRE_MESSAGE(object, entry.path);
      REQUIRE_MESSAGE(row, entry.path);
      CHECK_MESSAGE(row->inode == object->inode, entry.path);
      const std::string path = store_paths::tree(tree.tree) + "/" + entry.path;
      CHECK_MESSAGE(BlobId{sha256(as_bytes(read_file(store.root(), path)))} == entry.blob, path);
    }
  }
}

}  // namespace

TEST_CASE("twenty processes make the same trees and snapshot at once") {
  TreeWorld world;
  std::vector<pid_t> children;
  for (int i = 0; i < 20; ++i) children.push_back(in_a_child([&] { provide(world); }));
  for (const pid_t child : children) CHECK(wait_for(child) == 0);
  const SnapshotRecord record = provide(world);
  check_whole(world, record);
  Store store = world.open();
  CHECK(list_directory(store.root(), store_paths::kTmp).empty());
  CHECK(list_directory(store.root(), store_paths::kTrash).empty());
  CHECK(list_directory(store.root(), store_paths::kTrees).size() == 2);
  CHECK(list_directory(store.root(), store_paths::kSnapshots).size() == 3);
}

TEST_CASE("whenever a process is killed, the same operation succeeds afterwards") {
  std::mt19937 random(17);
  std::size_t killed = 0;
  TreeWorld world;
  const TracedEnd whole = kill_after(std::numeric_limits<std::size_t>::max(), [&] { provide(world); });
  REQUIRE(whole.status == 0);
  remove_tree(AT_FDCWD, world.root());
  for (int round = 0; round < 40; ++round) {
    const TracedEnd end = kill_after(1 + random() % whole.stops, [&] { provide(world); });
    if (!WIFSIGNALED(end.status)) CHECK(end.status == 0);  // less was left to do than in the whole
    killed += WIFSIGNALED(end.status) ? 1 : 0;
    if (round % 4 != 3) continue;  // several deaths upon each other, too
    const SnapshotRecord record = provide(world);
    check_whole(world, record);
    Store store = world.open();
    remove_dead_leases(store);
    for (const DirectoryEntry& left : list_directory(store.root(), store_paths::kTmp))
      CHECK_MESSAGE(left.name.starts_with("index-"), left.name);  // the index's own, which gc removes
    remove_tree(AT_FDCWD, world.root());
  }
  MESSAGE("killed in the middle: " << killed);
  CHECK(killed > 30);
}

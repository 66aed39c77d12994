#include "store/leases/scratch.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <chrono>
#include <utility>

#include "store/leases/scratch_inventory.h"
#include "store/platform/error.h"
#include "store/platform/random.h"
#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::TreeWorld;

namespace {

const Fingerprint kPlan = fingerprint(as_bytes("plan"));

ScratchRecipe recipe() {
  ScratchRecipe parts;
  parts.directories = {"share/jupyter/kernels", "tmp"};
  parts.files = {{"pyvenv.cfg", "home = /usr/bin\n"},
                 {"lib/python3.11/site-packages/_envstore.pth", "/layer\n"}};
  parts.symlinks = {{"bin/python", "/usr/bin/python3.11"}, {"share/doc", "../../elsewhere"}};
  parts.hard_links = {{"bin/tool", "tool"}};
  return parts;
}

struct ScratchWorld : TreeWorld {
  ScratchWorld() { create_file(store().root(), "tool", "#!/bin/sh\n", 0555); }
  Scratch make() {
    return Scratch::make(store(), random_name(), kPlan, [this] {
      ++made;
      return recipe();
    });
  }
  bool has_spare() {
    return stat_at(store().root(), store_paths::spare(kPlan.hex()), Links::do_not_follow).has_value();
  }
  /// True if a scratch is handed back after `change` was applied to it.
  template <class Change>
  bool is_handed_back_after(Change change) {
    remove_tree(store().root(), store_paths::spare(kPlan.hex()));
    {
      const Scratch scratch = make();
      const Fd directory = open_directory(AT_FDCWD, scratch.path());
      change(directory.get());
    }
    return has_spare();
  }
  std::size_t scratches() { return list_directory(store().root(), store_paths::kScratch).size(); }
  int made = 0;
};

}  // namespace

TEST_CASE("a scratch has the content of its recipe") {
  ScratchWorld world;
  const Scratch scratch = world.make();
  const Fd directory = open_directory(AT_FDCWD, scratch.path());
  CHECK(read_file(directory.get(), "pyvenv.cfg") == "home = /usr/bin\n");
  CHECK(read_file(directory.get(), "lib/python3.11/site-packages/_envstore.pth") == "/layer\n");
  CHECK(read_link(directory.get(), "bin/python") == "/usr/bin/python3.11");
  CHECK(stat_at(directory.get(), "bin/tool", Links::do_not_follow)->links == 2);
  CHECK(stat_at(directory.get(), "share/jupyter/kernels", Links::do_not_follow)->is_directory());
}

TEST_CASE("an untouched scratch is handed back and claimed again, however often") {
  ScratchWorld world;
  for (int i = 0; i < 5; ++i) {
    const Scratch scratch = world.make();
    CHECK(read_file(AT_FDCWD, scratch.path() + "/pyvenv.cfg") == "home = /usr/bin\n");
    CHECK(!world.has_spare());
  }
  CHECK(world.made == 1);
  CHECK(world.has_spare());
  CHECK(world.scratches() == 1);
}

TEST_CASE("the first spare is kept when two runs of one plan end") {
  ScratchWorld world;
  {
    const Scratch one = world.make();
    const Scratch two = world.make();
    CHECK(one.path() != two.path());
  }
  CHECK(world.scratches() == 1);
  CHECK(world.made == 2);
}

TEST_CASE("a scratch in which anything was changed, at once after its making, is removed") {
  ScratchWorld world;
  CHECK(world.is_handed_back_after([](int) {}));
  CHECK(!world.is_handed_back_after([](int d) { create_file(d, "new", "", 0644); }));
  CHECK(!world.is_handed_back_after(
      [](int d) { create_file(d, "lib/python3.11/site-packages/x.py", "x", 0644); }));
  CHECK(!world.is_handed_back_after([](int d) { make_directory(d, "share/jupyter/kernels/mine", 0755); }));
  CHECK(!world.is_handed_back_after([](int d) { unlink_if_there(d, "bin/python"); }));
  CHECK(!world.is_handed_back_after([](int d) { unlink_if_there(d, "pyvenv.cfg"); }));
  CHECK(!world.is_handed_back_after([](int d) {
    unlink_if_there(d, "bin/python");
    symlink_at("/usr/bin/python3.12", d, "bin/python");
  }));
  CHECK(!world.is_handed_back_after([](int d) {
    const Fd file = open_file(d, "pyvenv.cfg", O_WRONLY);
    write_all(file.get(), as_bytes("home = /usr/bim\n"), "pyvenv.cfg");  // the same length as before
  }));
  CHECK(!world.is_handed_back_after([](int d) { replace_file(d, "pyvenv.cfg", "home = /usr/bim\n", 0644); }));
  CHECK(!world.is_handed_back_after([](int d) { REQUIRE(fchmodat(d, "pyvenv.cfg", 0600, 0) == 0); }));
  CHECK(!world.is_handed_back_after([](int d) { REQUIRE(fchmodat(d, ".", 0777, 0) == 0); }));
  CHECK(!world.is_handed_back_after([](int d) { rename_at(d, "tmp", d, "lib/tmp"); }));
  CHECK(!world.is_handed_back_after([](int d) { remove_tree(d, "share"); }));
}

TEST_CASE("a scratch with a changed inventory is not reused") {
  ScratchWorld world;
  CHECK(!world.is_handed_back_after([](int d) { unlink_if_there(d, ".inventory"); }));
  for (const std::string content : {"", "envscr1\n", "rubbish"})
    CHECK(!world.is_handed_back_after([&](int d) {
      const Fd file = open_file(d, ".inventory", O_WRONLY | O_TRUNC);
      write_all(file.get(), as_bytes(content), ".inventory");
    }));
}

TEST_CASE("a spare that lay for a while is looked at: cleaners by age take single files") {
  struct LaterClock final : Clock {
    Timestamp now() const override { return std::chrono::system_clock::now() + std::chrono::hours(1); }
  } later;
  for (const std::string gone : {"pyvenv.cfg", "bin/python", ".inventory", ""}) {
    CAPTURE(gone);
    ScratchWorld world;
    { const Scratch first = world.make(); }
    if (!gone.empty()) unlink_if_there(world.store().root(), store_paths::spare(kPlan.hex()) + "/" + gone);
    Store store = Store::open(world.root(), later);
    const Scratch second = Scratch::make(store, random_name(), kPlan, [&] {
      ++world.made;
      return recipe();
    });
    CHECK(world.made == (gone.empty() ? 1 : 2));
    CHECK(read_link(AT_FDCWD, second.path() + "/bin/python") == "/usr/bin/python3.11");
    CHECK(read_file(AT_FDCWD, second.path() + "/pyvenv.cfg") == "home = /usr/bin\n");
  }
}

TEST_CASE("a spare of an earlier boot is made again: a power cut can leave its files empty") {
  const std::int64_t earlier = time_of_boot("00000000-0000-4000-8000-000000000000") / 1'000'000'000;
  ScratchWorld world;
  { const Scratch first = world.make(); }
  const std::string spare = store_paths::spare(kPlan.hex());
  const timespec times[2] = {{earlier, 0}, {earlier, 0}};
  REQUIRE(utimensat(world.store().root(), spare.c_str(), times, 0) == 0);
  { const Scratch second = world.make(); }
  CHECK(world.made == 2);
  CHECK(world.scratches() == 1);
  { const Scratch third = world.make(); }
  CHECK(world.made == 2);
}

TEST_CASE("a spare in which a run has left something later is not reused either") {
  ScratchWorld world;
  { const Scratch first = world.make(); }
  {
    const Scratch second = world.make();
    CHECK(world.made == 1);
    create_file(AT_FDCWD, second.path() + "/late", "", 0644);
  }
  CHECK(world.scratches() == 0);
}

TEST_CASE("a scratch that was not dropped stays until the next clean-up") {
  ScratchWorld world;
  { world.make().leave(); }
  CHECK(world.scratches() == 1);
  CHECK(!world.has_spare());
}

TEST_CASE("a scratch that cannot be made leaves nothing") {
  ScratchWorld world;
  CHECK_THROWS_AS(Scratch::make(world.store(), random_name(), kPlan,
                                [] {
                                  ScratchRecipe parts;
                                  parts.hard_links = {{"bin/x", "does/not/exist"}};
                                  return parts;
                                }),
                  Error);
  CHECK(world.scratches() == 0);
}

TEST_CASE("the blob of a linked script keeps its times") {
  ScratchWorld world;
  const auto before = stat_at(world.store().root(), "tool", Links::do_not_follow);
  { const Scratch scratch = world.make(); }
  CHECK(stat_at(world.store().root(), "tool", Links::do_not_follow)->mtime_ns == before->mtime_ns);
}

#include "python/launch/launch.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/platform/error.h"
#include "store/process/process_table.h"
#include "world.h"

using namespace envstore;
using namespace envstore::test;

namespace {
std::size_t leases_in(const Store& store) {
  return list_directory(store.root(), store_paths::kLeases).size();
}
}  // namespace

TEST_CASE("every interpreter of this machine starts with the scratch as its prefix") {
  LaunchWorld world;
  for (const std::string& path : real_interpreters()) {
    CAPTURE(path);
    const LaunchPlan probe = world.plan_for(path);
    const int minor = std::atoi(probe.version.c_str() + 2);
    if (!probe.version.starts_with("3.") || minor < 8) continue;
    LaunchPlan plan = probe;
    const std::string layer = world.add_layer(plan, 7);
    world.write(layer + "/" + plan.site_path + "/in_layer.py", "value = 42\n");
    const int code = world.python(plan,
                                  "import os, sys, in_layer\n"
                                  "scratch = os.environ['VIRTUAL_ENV']\n"
                                  "assert sys.prefix == scratch, sys.prefix\n"
                                  "assert sys.base_prefix != sys.prefix\n"
                                  "assert sys.executable == scratch + '/bin/python', sys.executable\n"
                                  "assert sys.argv[1:] == ['a', 'b c'], sys.argv\n"
                                  "assert 'dist-packages' not in ' '.join(sys.path), sys.path\n"
                                  "assert 'import' not in ' '.join(sys.path)\n"
                                  "sys.exit(in_layer.value)\n",
                                  {"a", "b c"});
    CHECK(code == 42);
  }
}

TEST_CASE("layers are seen in order, one with .pth files among them") {
  LaunchWorld world;
  LaunchPlan plan = world.plan();
  const std::string top = world.add_layer(plan, 1), middle = world.add_layer(plan, 2),
                    low = world.add_layer(plan, 3);
  for (const std::string& layer : {top, middle, low})
    world.write(layer + "/" + plan.site_path + "/who.py", "name = '" + layer + "'\n");
  make_directories(AT_FDCWD, world / (middle + "/" + plan.site_path + "/extra"), 0755);
  world.write(middle + "/" + plan.site_path + "/x.pth", "extra\n");
  world.write("editable dir's/who.py", "");
  plan.layers[1].has_pth = true;
  plan.editable_paths = {world / "editable dir's"};
  const int code = world.python(plan,
                                "import sys\n"
                                "order = [p for p in sys.path if '/snapshots/' in p or 'editable' in p]\n"
                                "names = ['01', '02', '/extra', '03', 'editable']\n"
                                "assert len(order) == 5, order\n"
                                "assert all(n in p for n, p in zip(names, order)), order\n");
  CHECK(code == 0);
}

TEST_CASE("the exit code is the child's, or 128 and its signal") {
  LaunchWorld world;
  const LaunchPlan plan = world.plan();
  CHECK(world.python(plan, "import sys; sys.exit(7)") == 7);
  CHECK(world.python(plan, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)") == 137);
  CHECK(world.python(plan, "import os, signal; os.kill(os.getpid(), signal.SIGTERM)") == 143);
  CHECK(world.run(plan, {Target::Kind::module, "json.tool", {"--help"}}, {}) == 0);
  CHECK(world.run(plan, {Target::Kind::command, "no-such-command", {}}) == 127);
  CHECK(world.run(plan, {Target::Kind::command, "python3", {"-c", "raise SystemExit(3)"}}) == 3);
}

TEST_CASE("only a spare is left") {
  LaunchWorld world;
  const LaunchPlan plan = world.plan();
  CHECK(world.python(plan, "import os; open(os.environ['VIRTUAL_ENV'] + '/mine', 'w').close()") == 0);
  CHECK(leases_in(world.store) == 0);
  CHECK(list_directory(world.store.root(), store_paths::kScratch).empty());
  CHECK(world.python(plan, "") == 0);
  for (const DirectoryEntry& entry : list_directory(world.store.root(), store_paths::kScratch))
    CHECK(entry.name.starts_with("spare-"));
}

TEST_CASE("the child gets the lease's descriptor and no other of this process") {
  LaunchWorld world;
  const int code =
      world.python(world.plan(),
                   "import os\n"
                   "ours = []\n"
                   "for fd in os.listdir('/proc/self/fd'):\n"
                   "    try: path = os.readlink('/proc/self/fd/' + fd)\n"
                   "    except OSError: continue\n"
                   "    if '/store/' in path: ours.append((int(fd), path))\n"
                   "assert len(ours) == 1, ours\n"
                   "assert ours[0][0] >= 10 and os.environ['ENVSTORE_LEASE'] in ours[0][1], ours\n");
  CHECK(code == 0);
}

TEST_CASE("an interpreter that was removed is named") {
  LaunchWorld world;
  LaunchPlan plan = world.plan();
  plan.interpreter = "/nowhere/python3";
  CHECK_THROWS_AS(world.python(plan, ""), Error);
  CHECK(leases_in(world.store) == 0);
}

TEST_CASE("if the remaining processes of a run cannot be looked up, its lease and its scratch stay") {
  LaunchWorld world;
  const LaunchPlan plan = world.plan();
  const Target target{Target::Kind::script,
                      world.write("script.py",
                                  "import subprocess, sys\n"
                                  "subprocess.Popen(['sleep', '600'])\n"
                                  "sys.exit(7)\n"),
                      {}};
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  // From the start of the program on, no further descriptor can be opened.
  const auto exhaust_descriptors = [&] {
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  };
  auto lease = Lease::acquire(world.store, LeaseKind::run, {}, "test");
  const std::string name = lease->name();
  const int code = launch(world.store, std::move(*lease), plan, target, {}, exhaust_descriptors);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  const std::vector<pid_t> remaining = children_of_this_thread();
  for (const pid_t pid : remaining) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  CHECK(remaining.size() == 1);
  CHECK(code == 7);
  CHECK(leases_in(world.store) == 1);
  CHECK(stat_at(world.store.root(), store_paths::kScratch + ("/" + name), Links::do_not_follow).has_value());
}

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <functional>

#include "store/leases/lease_file.h"
#include "store/platform/lock.h"
#include "world.h"

using namespace envstore;
using namespace envstore::test;

namespace {

/// A supervisor in a process of its own, as a shell would start it.
pid_t supervisor(const std::function<int()>& run) {
  const pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    int code = 99;
    try {
      code = run();
    } catch (const std::exception& error) {
      (void)std::fprintf(stderr, "%s\n", error.what());
    }
    _exit(code);
  }
  return pid;
}

int code_of(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Reads until the program has opened, written and closed its end, so that the next opening does not read
/// from the same writer.
std::string hear(const std::string& fifo) {
  std::string text;
  char buffer[256];
  const Fd fd(open(fifo.c_str(), O_RDONLY | O_CLOEXEC));
  for (ssize_t size = 1; size > 0;) {
    size = read(fd.get(), buffer, sizeof buffer);
    if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

struct SignalWorld : LaunchWorld {
  SignalWorld() { make_fifo("up"), make_fifo("down"); }
  void make_fifo(const char* name) const { REQUIRE(mkfifo((path() + "/" + name).c_str(), 0600) == 0); }
  /// The supervisor opens a store of its own, because an index must not be used across a fork.
  int run_afresh(const LaunchPlan& the_plan, const Target& target, const LaunchOptions& options) const {
    Store own = Store::open(path() + "/store", clock);
    auto lease = Lease::acquire(own, LeaseKind::run, {}, "test");
    return launch(own, std::move(*lease), the_plan, target, options, {});
  }
  std::string up() const { return path() + "/up"; }
  pid_t start(const std::string& code) {
    const LaunchPlan the_plan = plan();
    const std::string prologue = "import os, signal, sys, time\nup = '" + up() + "'\ndown = '" + path() +
                                 "/down'\ndef say(text):\n    with open(up, 'w') as f: f.write(str(text))\n";
    const Target target{Target::Kind::script, write("script.py", prologue + code), {}};
    return supervisor([this, the_plan, target] { return run_afresh(the_plan, target, {}); });
  }
};

}  // namespace

TEST_CASE("a signal sent to the supervisor alone reaches the program once") {
  SignalWorld world;
  const pid_t pid = world.start(
      "r, w = os.pipe()\n"  // a signal before the wait leaves a byte in the pipe
      "os.set_blocking(w, False)\n"
      "signal.set_wakeup_fd(w)\n"
      "count = []\n"
      "signal.signal(signal.SIGUSR1, lambda *_: count.append(1))\n"
      "signal.signal(signal.SIGTERM, lambda *_: sys.exit(len(count) + 40))\n"
      "say('ready')\n"
      "while not count: os.read(r, 1)\n"
      "say('heard')\n"
      "while True: os.read(r, 1)\n");
  CHECK(hear(world.up()) == "ready");
  kill(pid, SIGUSR1);
  CHECK(hear(world.up()) == "heard");
  kill(pid, SIGTERM);
  CHECK(code_of(pid) == 41);
}

TEST_CASE("the program has the mask and dispositions that the supervisor was started with") {
  SignalWorld world;
  const pid_t pid = world.start(
      "blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
      "say(sorted(int(s) for s in blocked))\n"
      "sys.exit(0 if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL else 1)\n");
  CHECK(hear(world.up()) == "[]");
  CHECK(code_of(pid) == 0);
}

TEST_CASE("the program goes on undisturbed when the supervisor is killed") {
  SignalWorld world;
  const pid_t pid = world.start(
      "say('ready')\n"
      "open(down).read()\n"
      "import json\n"
      "say(os.path.exists(os.environ['VIRTUAL_ENV'] + '/bin/python'))\n");
  CHECK(hear(world.up()) == "ready");
  kill(pid, SIGKILL);
  CHECK(code_of(pid) == -SIGKILL);
  CHECK(remove_dead_leases(world.store) == 0);  // the program holds its lease
  { const Fd go(open((world / "down").c_str(), O_WRONLY | O_CLOEXEC)); }
  CHECK(hear(world.up()) == "True");
}

TEST_CASE("a daemon keeps lease and scratch until it ends") {
  SignalWorld world;
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that the keeper's end can be waited for here
  const pid_t pid = world.start(
      "if os.fork() == 0:\n"
      "    os.setsid()\n"
      "    if os.fork() == 0:\n"
      "        for fd in range(3, 300):\n"
      "            try: os.close(fd)\n"
      "            except OSError: pass\n"
      "        open(down).read()\n"
      "        say(os.path.exists(os.environ['VIRTUAL_ENV'] + '/bin/python'))\n"
      "    os._exit(0)\n"
      "sys.exit(5)\n");
  CHECK(code_of(pid) == 5);
  CHECK(remove_dead_leases(world.store) == 0);
  CHECK(list_directory(world.store.root(), store_paths::kLeases).size() == 1);
  { const Fd go(open((world / "down").c_str(), O_WRONLY | O_CLOEXEC)); }
  CHECK(hear(world.up()) == "True");
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) continue;  // daemon and keeper
  CHECK(list_directory(world.store.root(), store_paths::kLeases).empty());
  CHECK(list_directory(world.store.root(), store_paths::kScratch).empty());
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("a stopped program stops its supervisor, and both go on together") {
  SignalWorld world;
  const pid_t pid = world.start("say('ready')\nopen(down).read()\nsys.exit(6)\n");
  CHECK(hear(world.up()) == "ready");
  kill(pid, SIGTSTP);
  int status = 0;
  REQUIRE(waitpid(pid, &status, WUNTRACED) == pid);
  CHECK(WIFSTOPPED(status));
  kill(-pid, SIGCONT);
  { const Fd go(open((world / "down").c_str(), O_WRONLY | O_CLOEXEC)); }
  CHECK(code_of(pid) == 6);
}

TEST_CASE("--exec leaves no supervisor, and the lease lives as long as the program") {
  SignalWorld world;
  const LaunchPlan plan = world.plan();
  const std::string script =
      world.write("exec.py", "import os\nopen('" + world.up() + "', 'w').write(str(os.getpid()))\nopen('" +
                                 (world / "down") + "').read()\n");
  const pid_t pid = supervisor([&] {
    LaunchOptions options;
    options.replace_process = true;
    return world.run_afresh(plan, {Target::Kind::script, script, {}}, options);
  });
  CHECK(hear(world.up()) == std::to_string(pid));
  CHECK(remove_dead_leases(world.store) == 0);
  const auto leases = list_directory(world.store.root(), store_paths::kLeases);
  REQUIRE(leases.size() == 1);
  const Fd lease = open_file(world.store.root(), store_paths::lease(leases[0].name), O_RDWR);
  { const Fd go(open((world / "down").c_str(), O_WRONLY | O_CLOEXEC)); }
  CHECK(code_of(pid) == 0);
  wait_lock(lease.get(), kLeaseLock, LockMode::exclusive);  // held by the keeper until it has cleaned up
  CHECK(list_directory(world.store.root(), store_paths::kLeases).empty());
  CHECK(list_directory(world.store.root(), store_paths::kScratch).empty());
}

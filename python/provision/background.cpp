#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "python/provision/prepare.h"
#include "store/leases/daily_turn.h"
#include "store/platform/error.h"
#include "store/snapshots/bytecode.h"

extern char** environ;

namespace envstore {
namespace {

bool is_work_left(Store& store, const LaunchPlan& plan, BytecodeMode mode) {
  if (store.index().has_unpromoted() || is_daily_turn_due(store)) return true;
  if (mode != BytecodeMode::background) return false;
  for (const LayerPlan& layer : plan.layers)
    if (!is_bytecode_complete(store, layer.snapshot)) return true;
  return false;
}

/// Keeps only what finish-run needs, because there may be many script names.
LaunchPlan without_names(LaunchPlan plan) {
  for (LayerPlan& layer : plan.layers) {
    layer.scripts.clear();
    layer.prefix_entries.clear();
  }
  return plan;
}

void start_detached(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t pid = -1;
  const int fault = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (fault != 0) throw_errno(fault, "start", "/proc/self/exe");
}

}  // namespace

void finish_in_background(Store& store, const LaunchPlan& plan, BytecodeMode mode) noexcept {
  try {
    if (store.is_read_only()) {
      remove_dead_leases(store);  // of runs that were killed
      return;
    }
    if (!is_work_left(store, plan, mode)) return;
    const std::string encoded = without_names(plan).encode();
    const auto bytes = reinterpret_cast<const std::uint8_t*>(encoded.data());
    const std::string mode_word = mode == BytecodeMode::background ? "background" : "never";
    // python/launch/keeper.cpp recognises the helper by these first two arguments.
    start_detached({"envstore", "finish-run", "--store", store.path(), "--bytecode", mode_word,
                    to_hex({bytes, encoded.size()})});
  } catch (const std::exception&) {
    // The run goes on without it: the next run finds the same work left.
  }
}

}  // namespace envstore

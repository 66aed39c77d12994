#include "python/launch/keeper.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <optional>
#include <set>

#include "store/platform/error.h"
#include "store/process/pidfd.h"
#include "store/process/process_roles.h"
#include "store/process/process_table.h"
#include "store/process/signals.h"

namespace envstore {
namespace {

/// False under a shortage of descriptors, too: the keeper then goes on with the processes that it watches.
bool carries(pid_t pid, const std::string& lease) try {
  return has_variable(read_process_file(pid, "environ"), role::lease_variable(lease));
} catch (const Error&) {
  return false;
}

bool has_children() {
  while (true) {
    const pid_t pid = waitpid(-1, nullptr, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0 && errno != EINTR) return false;
  }
}

/// Processes by pid, each with a descriptor that becomes readable when it ends.
class Watch {
 public:
  void add(pid_t pid) {
    if (known_.contains(pid)) return;
    Fd fd(pidfd_open(pid, 0));
    if (fd) known_.emplace(pid, std::move(fd));
  }
  bool empty() const { return known_.empty(); }

  /// Waits until some have ended, and removes those.
  void wait() {
    std::vector<pollfd> ends;
    std::vector<pid_t> pids;
    for (const auto& [pid, fd] : known_) {
      ends.push_back({fd.get(), POLLIN, 0});
      pids.push_back(pid);
    }
    if (poll(ends.data(), ends.size(), -1) < 0) return;  // EINTR: the caller repeats
    for (std::size_t i = 0; i < ends.size(); ++i)
      if (ends[i].revents != 0) known_.erase(pids[i]);
  }

  template <class Visit>
  void each_descriptor(Visit visit) {
    for (auto& [pid, fd] : known_) visit(fd);
  }

 private:
  std::map<pid_t, Fd> known_;
};

/// Closes everything that another process might wait for: the caller's pipes, the terminal, the working
/// directory.
void detach(int lease_fd, Watch& watch) {
  setsid();
  // Keeps the lease's descriptor and the pidfds, and closes all others.
  std::vector<int> kept{lease_fd};
  watch.each_descriptor([&](const Fd& fd) { kept.push_back(fd.get()); });
  std::sort(kept.begin(), kept.end());
  unsigned from = 3;
  for (const int fd : kept) {
    if (static_cast<unsigned>(fd) > from) close_range(from, static_cast<unsigned>(fd) - 1, 0);
    from = std::max(from, static_cast<unsigned>(fd) + 1);
  }
  close_range(from, ~0U, 0);
  const int null = open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) dup2(null, fd);
  if (null > 2) close(null);
  (void)!chdir("/");  // a failure only keeps the directory busy
  prctl(PR_SET_NAME, role::kKeeperName);
}

/// The keeper ignores signals that ask a daemon to exit: it exits when the run's last process has ended.
void ignore_signals() {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGPIPE, SIGUSR1, SIGUSR2})
    (void)::signal(signal, SIG_IGN);
  const sigset_t none = no_signals();
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// A fork whose end sends no signal: the parent's wait(2) neither sees it nor waits for it.
pid_t fork_unseen() {
  return static_cast<pid_t>(syscall(SYS_clone, 0, 0, 0, 0, 0));
}

struct Kept {
  std::string root, lease;
  int lease_fd;
};

void clean_up(const Kept& kept, const Clock& clock) {
  Store store = Store::open(kept.root, clock);
  if (!store.is_read_only()) {
    remove_held_lease(store, kept.lease);
    return;
  }
  close(kept.lease_fd);
  remove_dead_leases(store);
}

void watch_all_of(const std::string& lease, Watch& watch) {
  std::vector<pid_t> pids;
  do {
    pids = processes_of(lease);
    for (const pid_t pid : pids) watch.add(pid);
  } while (!pids.empty() && watch.empty());  // all have ended since, and may have left others
}

[[noreturn]] void keeper_main(const Kept& kept, Watch& watch, const Clock& clock) {
  try {
    ignore_signals();
    detach(kept.lease_fd, watch);
    while (!watch.empty()) {
      watch.wait();
      watch_all_of(kept.lease, watch);
    }
    clean_up(kept, clock);
  } catch (...) {
    // What is left has a dead lease: the next run or gc removes it.
  }
  _exit(0);
}

}  // namespace

void adopt_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::vector<pid_t> remaining_processes(const std::string& lease) {
  if (!has_children()) return {};
  std::vector<pid_t> pids = children_of_this_thread();
  // The background process that finishes runs is a child, too, but not part of the run.
  std::erase_if(
      pids, [&](pid_t pid) { return role::is_process_with(pid, role::kFinishRun) && !carries(pid, lease); });
  return pids;
}

std::vector<pid_t> processes_of(const std::string& lease) {
  constexpr int kMostLists = 50;  // limit for machines that constantly start processes
  std::set<pid_t> listed, found;
  bool has_new = true;
  // A listed process may fork and end before it is checked; its child is then new in the next list.
  for (int lists = 0; has_new && lists < kMostLists; ++lists) {
    has_new = false;
    for (const pid_t pid : other_processes()) {
      has_new |= listed.insert(pid).second;
      if (carries(pid, lease)) found.insert(pid);
    }
  }
  return {found.begin(), found.end()};
}

ExecKeeper::ExecKeeper(StoreWriter& store, const Lease& lease) {
  Watch watch;
  watch.add(getpid());
  if (watch.empty()) return;
  const Kept kept{store.path(), lease.name(), lease.fd()};
  const AllSignalsBlocked blocked;  // a signal to the group must not kill the keeper
  pid_ = fork_unseen();
  if (pid_ != 0) return;
  (void)malloc_trim(0);  // the full program may have resolved before, which takes much memory
  keeper_main(kept, watch, store.clock());
}

ExecKeeper::~ExecKeeper() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) continue;
}

void keep_until_end(StoreWriter& store, Lease& lease, Scratch& scratch, const std::vector<pid_t>& processes) {
  // The pidfds are opened while this process is the parent, so that the pids cannot have been reused.
  Watch watch;
  for (const pid_t pid : processes) watch.add(pid);
  for (const pid_t pid : processes_of(lease.name())) watch.add(pid);
  const Kept kept{store.path(), lease.name(), lease.fd()};
  const Clock& clock = store.clock();
  if (watch.empty()) return;
  const AllSignalsBlocked blocked;
  const pid_t keeper = fork();
  if (keeper == 0) keeper_main(kept, watch, clock);
  scratch.leave();
  lease.hand_over();
}

}  // namespace envstore

#include "store/process/contained.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "store/platform/error.h"
#include "store/process/child.h"
#include "store/process/child_output.h"
#include "store/process/process_roles.h"
#include "store/process/process_table.h"
#include "store/process/signals.h"

namespace envstore {
namespace {

using std::chrono::steady_clock;

/// What the supervisor writes when everything has ended. Before it writes the error number of the start.
struct Report {
  int has_status = 0;
  int status = 0;
};

/// A process in an uninterruptible call, or of another user, cannot be killed: then it is left alone.
constexpr std::chrono::seconds kPatience{10};
/// How long to wait for the end of what was killed before looking for what it left.
constexpr int kKillAgainMs = 20;

void close_others(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = 0;
  bool is_supported = true;
  const auto close_to = [&](unsigned last) {
    if (from <= last && is_supported) is_supported = close_range(from, last, 0) == 0;
    struct rlimit limit {};
    if (is_supported || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    for (unsigned fd = from; fd <= last && fd < limit.rlim_cur; ++fd) close(static_cast<int>(fd));
  };
  for (const int fd : kept) {
    if (fd < 0 || static_cast<unsigned>(fd) < from) continue;
    if (fd > 0) close_to(static_cast<unsigned>(fd) - 1);
    from = static_cast<unsigned>(fd) + 1;
  }
  close_to(~0U);
}

/// The process between this one and the program: a fork, so it makes no use of locks that other threads may
/// have held; glibc keeps memory allocation usable.
class Supervisor {
 public:
  Supervisor(const ChildSpec& spec, int control, int report)
      : spec_(spec), control_(control), report_(report) {}

  [[noreturn]] void run() {
    set_up();
    Spawned spawned = try_spawn(spec_);
    program_ = spawned.child.release();
    (void)!write(report_, &spawned.error_number, sizeof spawned.error_number);
    if (spawned.error_number != 0) _exit(0);
    close_streams();
    Report report;
    wait_for_program(report);
    kill_all();
    (void)!write(report_, &report, sizeof report);
    _exit(0);
  }

 private:
  void set_up() {
    setsid();
    prctl(PR_SET_NAME, role::kContainedName);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)signal(SIGCHLD, SIG_DFL);  // ignored, the statuses of children would be lost
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ended_ = Fd(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    close_others({control_, report_, ended_.get(), stream(spec_.input, 0), stream(spec_.output, 1),
                  stream(spec_.error_output, 2)});
  }

  static int stream(const ChildStream& stream, int inherited) {
    if (stream.kind == ChildStream::Kind::inherited) return inherited;
    return stream.kind == ChildStream::Kind::descriptor ? stream.fd : -1;
  }

  /// So that the reader of the program's output sees its end.
  void close_streams() { close_others({control_, report_, ended_.get()}); }

  /// Waits for a child's end or, if `and_control`, until the control pipe was closed: then returns false.
  bool wait_for_change(bool and_control, int timeout_ms) {
    std::array<pollfd, 2> events = {{{ended_.get(), POLLIN, 0}, {and_control ? control_ : -1, POLLIN, 0}}};
    if (poll(events.data(), events.size(), timeout_ms) > 0 && events[1].revents != 0) return false;
    struct signalfd_siginfo info {};
    while (read(ended_.get(), &info, sizeof info) > 0) continue;
    return true;
  }

  /// Reaps what has ended. False: there are no children any more.
  bool reap(Report& report) {
    while (true) {
      siginfo_t info{};
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        if (errno == EINTR) continue;
        return false;
      }
      if (info.si_pid == 0) return true;
      const bool is_program = info.si_pid == program_;
      if (is_program) kill_group();
      int status = 0;
      while (waitpid(info.si_pid, &status, 0) < 0 && errno == EINTR) continue;
      if (!is_program) continue;
      program_ = -1;
      report.has_status = 1;
      report.status = status;
    }
  }

  /// As long as the program is not reaped, no other process and no other group has its number.
  void kill_group() const {
    if (program_ > 0) kill(-program_, SIGKILL);
  }

  void wait_for_program(Report& report) {
    while (reap(report), report.has_status == 0)
      if (!wait_for_change(true, -1)) return;
  }

  /// A killed process leaves its children to this one: killed in the next round.
  void kill_all() {
    Report ignored;
    const auto deadline = steady_clock::now() + kPatience;
    do {
      kill_children();
      if (!reap(ignored)) return;
      wait_for_change(false, kKillAgainMs);
    } while (reap(ignored) && steady_clock::now() < deadline);
  }

  void kill_children() const {
    kill_group();
    try {
      for (const pid_t pid : children_of_this_thread()) kill(pid, SIGKILL);
    } catch (const Error&) {
      return;  // a shortage: the next round lists them
    }
  }

  const ChildSpec& spec_;
  const int control_, report_;
  Fd ended_;
  pid_t program_ = -1;
};

pid_t start_supervisor(ChildSpec spec, Fd& control, Fd& report) {
  spec.group = ProcessGroup::own_group;
  spec.signal_mask = no_signals();
  spec.dispositions = Dispositions::defaults;
  PipeEnds controls = make_pipe(), reports = make_pipe();
  const AllSignalsBlocked blocked;  // the supervisor keeps this mask: nothing but SIGKILL ends it
  const pid_t pid = fork();
  const int error = errno;
  if (pid == 0) Supervisor(spec, controls.reader.get(), reports.writer.get()).run();
  if (pid < 0)
    throw_errno(error, "start", spec.executable.empty() ? spec.arguments.front() : spec.executable);
  control = std::move(controls.writer);
  report = std::move(reports.reader);
  return pid;
}

/// Of a pipe whose writer writes it at once. False: the writer has ended.
template <class Value>
bool receive(const Fd& reader, Value& value) {
  ssize_t size = -1;
  do size = read(reader.get(), &value, sizeof value);
  while (size < 0 && errno == EINTR);
  return size == sizeof value;
}

}  // namespace

ContainedProcess::ContainedProcess(ChildSpec spec)
    : supervisor_(start_supervisor(std::move(spec), control_, report_), Abandoned::wait) {
  if (!receive(report_, error_number_)) error_number_ = ECHILD;
}

ContainedProcess::~ContainedProcess() {
  end();
}

std::optional<int> ContainedProcess::wait() {
  supervisor_.wait();
  Report report;
  if (!receive(report_, report) || report.has_status == 0) return std::nullopt;
  return report.status;
}

void wait_for_contained(std::chrono::milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  for (const pid_t pid : children_of_this_thread()) {
    if (read_process_file(pid, "comm") != std::string(role::kContainedName) + "\n") continue;
    ChildProcess supervisor(pid, Abandoned::wait);
    if (!supervisor.ends_by(deadline)) supervisor.release();
  }
}

}  // namespace envstore

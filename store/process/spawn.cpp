#include "store/process/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "store/platform/error.h"
#include "store/process/child.h"
#include "store/process/pidfd.h"
#include "store/process/signals.h"

extern char** environ;

namespace envstore {
namespace {

constexpr const char* kShell = "/bin/sh";

/// The descriptor, or a copy above the standard streams: an action on one stream must not overwrite the
/// source of another, which happens if this process was started with closed streams.
class Source {
 public:
  explicit Source(int fd) : fd_(fd) {
    if (fd < 0 || fd > STDERR_FILENO) return;
    copy_ = Fd(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    fd_ = copy_.get();
  }
  int get() const { return fd_; }

 private:
  int fd_;
  Fd copy_;
};

/// posix_spawn's actions and attributes. `fault` is the first error number that one of them met.
class Preparation {
 public:
  explicit Preparation(const ChildSpec& spec)
      : sources_{Source(spec.input.fd), Source(spec.output.fd), Source(spec.error_output.fd)} {
    note(posix_spawn_file_actions_init(&actions_));
    note(posix_spawnattr_init(&attributes_));
    const ChildStream* streams[] = {&spec.input, &spec.output, &spec.error_output};
    for (int i = 0; i < 3; ++i) redirect(*streams[i], sources_[i].get(), i);
    if (!spec.directory.empty())
      note(posix_spawn_file_actions_addchdir_np(&actions_, spec.directory.c_str()));
    set_flags(spec);
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  ~Preparation() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  int fault() const { return fault_; }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void note(int fault) {
    if (fault_ == 0) fault_ = fault;
  }

  void redirect(const ChildStream& stream, int source, int target) {
    if (stream.kind == ChildStream::Kind::null_device)
      note(posix_spawn_file_actions_addopen(&actions_, target, "/dev/null",
                                            target == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0));
    if (stream.kind == ChildStream::Kind::descriptor)
      note(source < 0 ? EMFILE : posix_spawn_file_actions_adddup2(&actions_, source, target));
  }

  void set_flags(const ChildSpec& spec) {
    int flags = 0;
    if (spec.group == ProcessGroup::own_group) flags |= POSIX_SPAWN_SETPGROUP;
    if (spec.group == ProcessGroup::own_session) flags |= POSIX_SPAWN_SETSID;
    if (spec.signal_mask) {
      flags |= POSIX_SPAWN_SETSIGMASK;
      note(posix_spawnattr_setsigmask(&attributes_, &*spec.signal_mask));
    }
    if (spec.dispositions == Dispositions::defaults) {
      flags |= POSIX_SPAWN_SETSIGDEF;
      const sigset_t all = all_signals();
      note(posix_spawnattr_setsigdefault(&attributes_, &all));
    }
    note(posix_spawnattr_setflags(&attributes_, static_cast<short>(flags)));
  }

  const Source sources_[3];
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int fault_ = 0;
};

/// The words with which the shell runs a file.
std::vector<std::string> shell_words(const std::string& executable,
                                     const std::vector<std::string>& arguments) {
  std::vector<std::string> words{kShell, executable};
  words.insert(words.end(), arguments.begin() + 1, arguments.end());
  return words;
}

const std::string& program_of(const ChildSpec& spec) {
  return spec.executable.empty() ? spec.arguments.front() : spec.executable;
}

int start(const ChildSpec& spec, const Preparation& prepared, pid_t& pid) {
  const std::string& program = program_of(spec);
  const std::vector<char*> arguments = as_argv(spec.arguments);
  const std::vector<char*> own = spec.environment ? as_argv(*spec.environment) : std::vector<char*>();
  char* const* variables = spec.environment ? own.data() : environ;
  const auto run = spec.search == ProgramSearch::path_variable ? posix_spawnp : posix_spawn;
  const int fault =
      run(&pid, program.c_str(), prepared.actions(), prepared.attributes(), arguments.data(), variables);
  if (fault != ENOEXEC || spec.shell_fallback == ShellFallback::no) return fault;
  const std::vector<std::string> words = shell_words(program, spec.arguments);
  return posix_spawn(&pid, kShell, prepared.actions(), prepared.attributes(), as_argv(words).data(),
                     variables);
}

}  // namespace

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  if (abandoned_ != Abandoned::wait) kill();
  wait();
}

std::optional<int> ChildProcess::wait() {
  if (pid_ <= 0) return std::nullopt;
  return wait_for_child(release());
}

int ChildProcess::end_descriptor() {
  if (!end_ && pid_ > 0) end_ = Fd(pidfd_open(pid_, 0));
  return end_.get();
}

bool ChildProcess::ends_by(Deadline deadline) {
  struct pollfd end {
    end_descriptor(), POLLIN, 0
  };
  while (end.fd >= 0) {
    const int ready = poll(&end, 1, poll_timeout(deadline));
    if (ready > 0) return true;
    if (ready == 0 && deadline && std::chrono::steady_clock::now() >= *deadline) return false;
  }
  return true;
}

void ChildProcess::kill() const noexcept {
  if (pid_ > 0) ::kill(abandoned_ == Abandoned::kill_group ? -pid_ : pid_, SIGKILL);
}

int poll_timeout(const ChildProcess::Deadline& deadline) {
  if (!deadline) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, INT_MAX));
}

Spawned try_spawn(const ChildSpec& spec) {
  const Preparation prepared(spec);
  if (prepared.fault() != 0) return {ChildProcess(), prepared.fault()};
  pid_t pid = -1;
  if (const int fault = start(spec, prepared, pid); fault != 0) return {ChildProcess(), fault};
  return {ChildProcess(pid, spec.abandoned), 0};
}

ChildProcess spawn(const ChildSpec& spec) {
  Spawned spawned = try_spawn(spec);
  if (spawned.error_number != 0) throw_errno(spawned.error_number, "start", program_of(spec));
  return std::move(spawned.child);
}

void spawn_detached(const std::string& executable, const std::vector<std::string>& arguments) {
  spawn({.arguments = arguments,
         .executable = executable,
         .input = kNullDevice,
         .output = kNullDevice,
         .error_output = kNullDevice,
         .group = ProcessGroup::own_session,
         .signal_mask = no_signals(),
         .dispositions = Dispositions::defaults})
      .release();
}

int exec_program(const std::string& executable, const std::vector<std::string>& arguments,
                 const std::vector<std::string>* environment, ShellFallback fallback) {
  const std::vector<char*> own = environment != nullptr ? as_argv(*environment) : std::vector<char*>();
  char* const* variables = environment != nullptr ? own.data() : environ;
  const std::vector<char*> argv = as_argv(arguments);
  execve(executable.c_str(), argv.data(), variables);
  const int error = errno;
  if (error != ENOEXEC || fallback == ShellFallback::no) return error;
  const std::vector<std::string> words = shell_words(executable, arguments);
  const std::vector<char*> of_shell = as_argv(words);
  execve(kShell, of_shell.data(), variables);
  return errno;
}

std::vector<std::string> filtered_environment(const std::function<bool(std::string_view)>& is_kept) {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    if (is_kept(*entry)) variables.emplace_back(*entry);
  return variables;
}

std::vector<char*> as_argv(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  return argv;
}

}  // namespace envstore

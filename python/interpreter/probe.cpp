#include "python/interpreter/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include "python/interpreter/probe_script.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/format.h"
#include "store/process/child.h"
#include "store/process/pidfd.h"

extern char** environ;

namespace envstore {
namespace {

using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorKind::invalid_input, reason);
}

struct Pipe {
  Fd reader, writer;
  static Pipe make() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno(errno, "make", "a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
  }
};

std::vector<char*> clean_environment() {
  std::vector<char*> clean;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with("PYTHON") && !text.starts_with("__PYVENV_LAUNCHER__=")) clean.push_back(*entry);
  }
  clean.push_back(nullptr);
  return clean;
}

/// Kills its whole process group when it goes out of scope before wait().
class ProbeProcess {
 public:
  ProbeProcess(const std::string& executable, const std::vector<const char*>& options,
               const std::string& directory, int output, int stderr_text);
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;
  ~ProbeProcess() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    wait();
  }
  pid_t pid() const { return pid_; }
  std::optional<int> wait() {
    const std::optional<int> status = wait_for_child(pid_);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

ProbeProcess::ProbeProcess(const std::string& executable, const std::vector<const char*>& options,
                           const std::string& directory, int output, int stderr_text) {
  std::vector<char*> arguments{const_cast<char*>(executable.c_str())};
  for (const char* option : options) arguments.push_back(const_cast<char*>(option));
  const std::string script(kProbeScript);
  arguments.push_back(const_cast<char*>("-c"));
  arguments.push_back(const_cast<char*>(script.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, stderr_text, 2);
  posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int fault = posix_spawn(&pid_, executable.c_str(), &actions, &attributes, arguments.data(),
                                clean_environment().data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (fault != 0) {
    pid_ = -1;
    // A system-wide shortage, not a fault of this interpreter: no other one could be started.
    if (fault == EAGAIN || fault == ENOMEM) throw_errno(fault, "start", executable);
    refuse(fault == EACCES && is_on_noexec_mount(executable)
               ? std::string("it cannot be started: ") + kNoexecReason
               : format_text("it cannot be started: {}", std::generic_category().message(fault)));
  }
}

std::chrono::milliseconds left_until(SteadyClock::time_point deadline) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
}

[[noreturn]] void refuse_hang(const ProbeLimits& limits) {
  refuse(format_text("it did not answer within {} s", static_cast<double>(limits.time.count()) / 1000));
}

/// Returns false at the end of the stream.
bool read_some(int fd, std::string& text, std::size_t limit) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t size = read(fd, buffer.data(), buffer.size());
  if (size < 0) return errno == EINTR || errno == EAGAIN;
  if (text.size() + static_cast<std::size_t>(size) > limit) refuse("it does not stop writing");
  text.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

struct ProbeOutput {
  std::string answer, stderr_text;
};

/// Reads both streams to their end, or to the limits.
ProbeOutput read_output(int answer, int stderr_text, const ProbeLimits& limits,
                        SteadyClock::time_point deadline) {
  ProbeOutput output;
  std::array<pollfd, 2> streams{pollfd{answer, POLLIN, 0}, pollfd{stderr_text, POLLIN, 0}};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    const auto left = left_until(deadline);
    if (left.count() <= 0) refuse_hang(limits);
    const int ready = poll(streams.data(), streams.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) throw_errno(errno, "wait for", "an interpreter");
    if (ready <= 0) continue;
    if (streams[0].revents != 0 && !read_some(answer, output.answer, limits.output_bytes)) streams[0].fd = -1;
    if (streams[1].revents != 0 && !read_some(stderr_text, output.stderr_text, limits.output_bytes))
      streams[1].fd = -1;
  }
  return output;
}

/// A process may close its streams and keep running.
void wait_for_end(pid_t pid, const ProbeLimits& limits, SteadyClock::time_point deadline) {
  const Fd process(pidfd_open(pid, 0));
  if (!process) return;  // an old kernel without pidfd: process.wait() then has no time limit
  pollfd end{process.get(), POLLIN, 0};
  while (true) {
    const auto left = left_until(deadline);
    if (left.count() <= 0) refuse_hang(limits);
    if (poll(&end, 1, static_cast<int>(left.count())) > 0) return;
  }
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  text.remove_prefix(text.rfind('\n') + 1);  // npos + 1 is 0
  std::string line;
  for (const char character : text.substr(0, 200))
    line += static_cast<unsigned char>(character) < ' ' ? ' ' : character;
  return line;
}

struct Attempt {
  std::optional<int> status;
  ProbeOutput output;
};

Attempt attempt(const std::string& executable, const std::vector<const char*>& options,
                const std::string& directory, const ProbeLimits& limits) {
  Pipe answer = Pipe::make(), stderr_text = Pipe::make();
  ProbeProcess process(executable, options, directory, answer.writer.get(), stderr_text.writer.get());
  answer.writer = Fd();
  stderr_text.writer = Fd();
  Attempt result;
  const auto deadline = SteadyClock::now() + limits.time;
  result.output = read_output(answer.reader.get(), stderr_text.reader.get(), limits, deadline);
  wait_for_end(process.pid(), limits, deadline);
  result.status = process.wait();
  return result;
}

}  // namespace

std::string run_probe(const std::string& executable, const std::string& directory,
                      const ProbeLimits& limits) {
  Attempt result = attempt(executable, {"-I", "-B"}, directory, limits);
  constexpr int kUnknownOption = 2;
  if (result.status && WIFEXITED(*result.status) && WEXITSTATUS(*result.status) == kUnknownOption)
    result = attempt(executable, {"-E", "-B"}, directory, limits);
  if (succeeded(result.status)) return std::move(result.output.answer);
  const std::string complaint = last_line(result.output.stderr_text);
  if (!result.status) refuse("nobody can tell how it ended: SIGCHLD is ignored");
  if (WIFSIGNALED(*result.status)) refuse(format_text("it was ended by signal {}", WTERMSIG(*result.status)));
  refuse(format_text("it ended with exit code {}{}{}", WEXITSTATUS(*result.status),
                     complaint.empty() ? "" : ": ", complaint));
}

}  // namespace envstore

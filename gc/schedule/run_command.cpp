#include "gc/schedule/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/process/child.h"
#include "store/process/pidfd.h"

extern char** environ;

namespace envstore {
namespace {

constexpr int kPatienceMs = 30'000;

/// A file in memory: unlike a pipe it never blocks either side.
Fd make_buffer(const std::string& content = {}) {
  Fd fd(memfd_create("envstore", MFD_CLOEXEC));
  if (!fd) throw_errno(errno, "make", "a file in memory");
  write_all(fd.get(), std::as_bytes(std::span(content)), "a file in memory");
  if (lseek(fd.get(), 0, SEEK_SET) != 0) throw_errno(errno, "rewind", "a file in memory");
  return fd;
}

std::string content_of(const Fd& fd) {
  std::string content;
  char piece[4096];
  while (true) {
    const ssize_t count = pread(fd.get(), piece, sizeof piece, static_cast<off_t>(content.size()));
    if (count < 0) throw_errno(errno, "read", "a file in memory");
    if (count == 0) return content;
    content.append(piece, static_cast<std::size_t>(count));
  }
}

std::vector<char*> c_locale() {
  static char locale[] = "LC_ALL=C";
  std::vector<char*> variables;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (std::strncmp(*entry, "LC_ALL=", 7) != 0) variables.push_back(*entry);
  variables.push_back(locale);
  variables.push_back(nullptr);
  return variables;
}

int wait_for(pid_t pid) {
  const Fd child(pidfd_open(pid, 0));
  struct pollfd ended {
    child.get(), POLLIN, 0
  };
  int count = 0;
  do {
    count = child ? poll(&ended, 1, kPatienceMs) : 1;
  } while (count < 0 && errno == EINTR);
  if (count == 0) kill(pid, SIGKILL);
  const std::optional<int> status = wait_for_child(pid);
  if (count == 0 || !status) return -1;
  return WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
}

}  // namespace

std::optional<CommandResult> run_command(const std::vector<std::string>& words, const std::string& input) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const Fd in = make_buffer(input), out = make_buffer(), stderr_text = make_buffer();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, stderr_text.get(), STDERR_FILENO);
  pid_t pid = -1;
  const int fault = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), c_locale().data());
  posix_spawn_file_actions_destroy(&actions);
  if (fault == ENOENT || fault == EACCES || fault == ENOTDIR) return std::nullopt;
  if (fault != 0) throw_errno(fault, "start", words.front());
  CommandResult result;
  result.exit_code = wait_for(pid);
  result.output = content_of(out);
  result.stderr_text = content_of(stderr_text);
  return result;
}

}  // namespace envstore

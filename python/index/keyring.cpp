#include "python/index/keyring.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "python/network/url.h"
#include "store/platform/files.h"
#include "store/process/child.h"

extern char** environ;

namespace envstore {
namespace {

constexpr std::size_t kLongestAnswer = 64 * 1024;

std::string read_answer(int fd) {
  std::string text;
  char buffer[4096];
  while (text.size() < kLongestAnswer) {
    const ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

/// The stdout of the program; nullopt: it cannot be started or does not exit with 0.
std::optional<std::string> output_of(std::vector<std::string> words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  Fd reader(ends[0]), writer(ends[1]);
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return std::nullopt;
  int fault = posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
  // No stdin: keyring must not prompt on the terminal, which the user's program may be reading.
  if (fault == 0) fault = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  // Reset the signal mask: the calling network thread blocks all signals.
  posix_spawnattr_t attributes;
  if (fault == 0) fault = posix_spawnattr_init(&attributes);
  if (fault != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return std::nullopt;
  }
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  fault = posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (fault != 0) return std::nullopt;
  writer = Fd();
  std::string text = read_answer(reader.get());
  reader = Fd();
  if (!succeeded(wait_for_child(pid))) return std::nullopt;
  return text;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace

std::optional<Credentials> ask_keyring(const std::string& origin) {
  const std::optional<Url> url = Url::parse(origin);
  if (!url) return std::nullopt;
  const std::string service =
      url->scheme + "://" + url->host + (url->port == "443" || url->port == "80" ? "" : ":" + url->port);
  // Newer versions of keyring print user and password; the older interface requires a user, `__token__` by
  // default.
  if (const auto both = output_of({"keyring", "--mode", "creds", "get", service})) {
    const std::string user = first_line(*both);
    const std::size_t second = both->find('\n');
    if (second != std::string::npos && !user.empty())
      return Credentials{user, first_line(both->substr(second + 1))};
  }
  const auto password = output_of({"keyring", "get", service, "__token__"});
  if (!password || first_line(*password).empty()) return std::nullopt;
  return Credentials{"__token__", first_line(*password)};
}

}  // namespace envstore

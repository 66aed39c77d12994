#pragma once
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace envstore {

/// A child process that runs `work` and ends with 0, or with 1 after an exception. Killed if not waited for.
class Child {
 public:
  explicit Child(const std::function<void()>& work) : pid_(fork()) {
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ != 0) return;
    int code = 0;
    try {
      work();
    } catch (const std::exception& error) {
      (void)std::fprintf(stderr, "child: %s\n", error.what());
      code = 1;
    }
    _exit(code);
  }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    kill();
    wait();
  }
  void kill() const { ::kill(pid_, SIGKILL); }
  /// The exit code, or 128 + signal.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

/// Moves this process to new `namespaces` (CLONE_NEW* flags; for CLONE_NEWPID, its children). An ordinary
/// user also gets a user namespace, in which the user has the same uid and gid. False: the machine does not
/// permit it.
inline bool enter_namespaces(int namespaces) {
  if (unshare(namespaces) == 0) return true;
  const std::string uid = std::to_string(getuid()), gid = std::to_string(getgid());
  if (unshare(CLONE_NEWUSER | namespaces) != 0) return false;
  const auto write = [](const char* path, const std::string& text) {
    std::ofstream file(path);
    return static_cast<bool>((file << text).flush());
  };
  return write("/proc/self/setgroups", "deny") && write("/proc/self/uid_map", uid + " " + uid + " 1") &&
         write("/proc/self/gid_map", gid + " " + gid + " 1");
}
inline void enter_pid_namespace() {
  if (!enter_namespaces(CLONE_NEWPID)) throw std::runtime_error("cannot make a PID namespace");
}
/// True if the machine permits this user to create a PID namespace.
inline bool can_enter_pid_namespace() {
  return Child(enter_pid_namespace).wait() == 0;
}

/// A pipe on which one byte is a message; synchronises processes without sleeping.
class Pipe {
 public:
  Pipe() {
    if (pipe(ends_) != 0) throw std::runtime_error("cannot make a pipe");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  void tell() const {
    const char byte = 'x';
    if (write(ends_[1], &byte, 1) != 1) throw std::runtime_error("cannot write to a pipe");
  }
  void hear() const {
    char byte = 0;
    if (read(ends_[0], &byte, 1) != 1) throw std::runtime_error("cannot read from a pipe");
  }

 private:
  int ends_[2] = {-1, -1};
};

inline std::vector<Child> children(int count, const std::function<void(int)>& work) {
  std::vector<Child> all;
  for (int i = 0; i < count; ++i) all.emplace_back([&work, i] { work(i); });
  return all;
}

}  // namespace envstore

#include "store/process/process_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"

namespace envstore {
namespace {

constexpr std::size_t kLargestFile = std::size_t{64} << 20;

std::optional<pid_t> as_pid(std::string_view text) {
  pid_t pid = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (fault != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

std::string path_in_proc(pid_t pid, std::string_view file) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(file);
}

/// Returns for errors that mean that the process has ended or is hidden, throws the others.
void pass_if_hidden(int error, std::string_view path) {
  for (const int shortage : {EMFILE, ENFILE, ENOMEM})
    if (error == shortage) throw_errno(error, "look at the process", path);
}

/// Files of /proc have no size.
std::string read_whole(int directory, const std::string& path) {
  std::string content;
  const Fd fd(openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    pass_if_hidden(error, path);
    return content;
  }
  std::array<char, 8192> buffer;
  while (content.size() < kLargestFile) {
    const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      pass_if_hidden(error, path);
      return {};
    }
    if (size == 0) break;
    content.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return content;
}

/// True for a process that has a program, but no arguments: for a moment during execve.
bool may_be_in_exec(int directory, const std::string& folder) {
  char program = 0;  // a kernel thread and a process that has ended have none
  return readlinkat(directory, (folder + "exe").c_str(), &program, 1) > 0 &&
         read_whole(directory, folder + "cmdline").empty();
}

/// A file of the process whose folder is `folder`, relative to `directory`. Arguments and environment are
/// empty for a moment during execve, while the parent of a new process already continues, so they are read
/// again. The number of reads is limited, because a process may have cleared its own.
std::string read_file_of(int directory, const std::string& folder, const char* file) {
  constexpr int kLooks = 1000;
  std::string content = read_whole(directory, folder + file);
  const std::string_view name = file;
  if (name != "environ" && name != "cmdline") return content;
  for (int looks = 1; looks < kLooks && content.empty(); ++looks) {
    const bool is_last = !may_be_in_exec(directory, folder);
    content = read_whole(directory, folder + file);
    if (is_last) break;
    sched_yield();
  }
  return content;
}

}  // namespace

std::vector<pid_t> other_processes() {
  // Not only the list: it may be of another PID namespace, where another process has this one's number.
  if (access("/proc/self/maps", F_OK) != 0)
    throw Error(ErrorKind::unsupported,
                "cannot look for processes that use the store: /proc does not show them", kProcHint);
  std::vector<pid_t> pids;
  for (const DirectoryEntry& entry : list_directory(AT_FDCWD, "/proc"))
    if (const auto pid = as_pid(entry.name); pid && *pid != getpid()) pids.push_back(*pid);
  return pids;
}

std::string read_process_file(pid_t pid, const char* file) {
  return read_file_of(AT_FDCWD, path_in_proc(pid, ""), file);
}

bool has_variable(std::string_view environment, std::string_view variable) {
  for (std::size_t at = environment.find(variable); at != std::string_view::npos;
       at = environment.find(variable, at + 1)) {
    const std::size_t end = at + variable.size();
    if ((at == 0 || environment[at - 1] == '\0') && (end == environment.size() || environment[end] == '\0'))
      return true;
  }
  return false;
}

std::vector<std::string> own_arguments() {
  const std::string line = read_file(AT_FDCWD, "/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    words.emplace_back(line.c_str() + at);
    at += words.back().size() + 1;
  }
  return words;
}

std::vector<pid_t> children_of_this_thread() {
  std::vector<pid_t> pids;
  const std::string list = read_whole(AT_FDCWD, "/proc/self/task/" + std::to_string(gettid()) + "/children");
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(' ', at), list.size());
    if (const auto pid = as_pid(std::string_view(list).substr(at, end - at))) pids.push_back(*pid);
    at = end + 1;
  }
  return pids;
}

std::optional<ProcessView> ProcessView::open(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid);
  Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) return ProcessView(pid, std::move(directory));
  const int error = errno;
  pass_if_hidden(error, path);
  return std::nullopt;
}

std::string ProcessView::read(const char* file) const {
  return read_file_of(directory_.get(), "", file);
}

std::string ProcessView::link(const std::string& name) const {
  std::string target(256, '\0');
  while (true) {
    const ssize_t size = readlinkat(directory_.get(), name.c_str(), target.data(), target.size());
    if (size < 0) {
      const int error = errno;
      pass_if_hidden(error, path_in_proc(pid_, name));
      return {};
    }
    if (static_cast<std::size_t>(size) < target.size()) {
      target.resize(static_cast<std::size_t>(size));
      return target;
    }
    target.resize(target.size() * 2);
  }
}

std::vector<std::string> ProcessView::open_files() const {
  std::vector<std::string> files;
  Fd fd(openat(directory_.get(), "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    pass_if_hidden(error, path_in_proc(pid_, "fd"));
    return files;
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd.get()), closedir);
  if (!stream) {  // it calls fstat, which fails for a process that has ended
    const int error = errno;
    pass_if_hidden(error, path_in_proc(pid_, "fd"));
    return files;
  }
  (void)fd.release();
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    const int error = errno;
    if (entry == nullptr) {
      pass_if_hidden(error, path_in_proc(pid_, "fd"));  // else the end, or it has ended
      return files;
    }
    if (entry->d_name[0] != '.') files.push_back(link(std::string("fd/") + entry->d_name));
  }
}

std::string ProcessView::command() const {
  std::string words = read("cmdline");
  while (!words.empty() && words.back() == '\0') words.pop_back();
  std::replace(words.begin(), words.end(), '\0', ' ');
  if (!words.empty()) return words;
  std::string name = read("comm");
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return "[" + name + "]";
}

}  // namespace envstore

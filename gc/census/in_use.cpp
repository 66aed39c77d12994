#include "gc/census/in_use.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/filesystem_kind.h"

namespace envstore {
namespace {

constexpr std::size_t kLargestFile = std::size_t{64} << 20;
constexpr std::string_view kLeaseVariable = "ENVSTORE_LEASE=";

/// nullopt: the process has ended, or belongs to another user.
std::optional<std::string> read_if_allowed(int process, const char* name) {
  try {
    return try_read_file(process, name, kLargestFile);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string link_if_allowed(int process, const std::string& name) {
  try {
    return read_link(process, name);
  } catch (const Error&) {
    return {};
  }
}

/// What ends a path: `/store/trees/ab` is in `/store/trees/ab/x`, not in `/store/trees/abc`. A blank may end
/// a name (in a list of flags) or be part of it, so both sets are tried.
constexpr std::string_view kEnds("/\0:\n", 4), kEndsOrBlank("/\0:\n\"' ", 7);

/// Searches for many paths at once: finds their folder in the text, then looks up the name that follows it.
class Paths {
 public:
  explicit Paths(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      const std::size_t slash = path.rfind('/') + 1;
      Folder& folder = folder_of(path.substr(0, slash));
      folder.names.push_back(path.substr(slash));
    }
    for (Folder& folder : folders_) std::sort(folder.names.begin(), folder.names.end());
  }
  bool empty() const { return folders_.empty(); }

  /// All paths found, each once.
  std::vector<std::string> all_in(std::string_view text) const {
    std::vector<std::string> found;
    for (const Folder& folder : folders_)
      for (std::size_t at = text.find(folder.path); at != std::string_view::npos;
           at = text.find(folder.path, at + 1))
        if (auto path = name_at(folder, text, at + folder.path.size()))
          if (std::find(found.begin(), found.end(), *path) == found.end()) found.push_back(std::move(*path));
    return found;
  }

 private:
  struct Folder {
    std::string path;  ///< with the trailing slash
    std::vector<std::string> names;
  };

  Folder& folder_of(std::string path) {
    for (Folder& folder : folders_)
      if (folder.path == path) return folder;
    return folders_.emplace_back(Folder{std::move(path), {}});
  }

  static std::optional<std::string> name_at(const Folder& folder, std::string_view text, std::size_t start) {
    for (const std::string_view ends : {kEnds, kEndsOrBlank}) {
      const std::string_view name = text.substr(start, text.find_first_of(ends, start) - start);
      const auto found = std::lower_bound(folder.names.begin(), folder.names.end(), name);
      if (found != folder.names.end() && *found == name) return folder.path + *found;
    }
    return std::nullopt;
  }

  std::vector<Folder> folders_;
};

std::string command_of(int process) {
  std::string words = read_if_allowed(process, "cmdline").value_or("");
  while (!words.empty() && words.back() == '\0') words.pop_back();
  std::replace(words.begin(), words.end(), '\0', ' ');
  if (!words.empty()) return words;
  std::string name = read_if_allowed(process, "comm").value_or("");
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return "[" + name + "]";
}

/// Searches the files of one process in /proc.
class Search {
 public:
  Search(const std::vector<std::string>& paths, const std::vector<std::string>& leases)
      : paths_(paths), leases_(leases) {}

  /// Calls `seen(kind, what)` for each finding until it returns false.
  template <class Seen>
  void look(int process, Seen seen) const {
    const auto tell = [&](const std::string& kind, const std::vector<std::string>& found) {
      return std::all_of(found.begin(), found.end(), [&](const auto& what) { return seen(kind, what); });
    };
    const std::string environment = read_if_allowed(process, "environ").value_or("");
    if (!tell("environ", leases_in(environment)) || paths_.empty()) return;
    if (!tell("environ", paths_.all_in(environment))) return;
    for (const char* link : {"exe", "cwd"})
      if (!tell(link, paths_.all_in(link_if_allowed(process, link)))) return;
    if (!tell("maps", paths_.all_in(read_if_allowed(process, "maps").value_or("")))) return;
    for (const std::string& file : open_files(process))
      if (!tell("fd", paths_.all_in(file))) return;
  }

 private:
  std::vector<std::string> leases_in(std::string_view environment) const {
    std::vector<std::string> found;
    for (std::size_t at = environment.find(kLeaseVariable); at != std::string_view::npos;
         at = environment.find(kLeaseVariable, at + 1)) {
      if (at != 0 && environment[at - 1] != '\0') continue;
      const std::string_view rest = environment.substr(at + kLeaseVariable.size());
      const std::string_view name = rest.substr(0, rest.find('\0'));
      if (std::find(leases_.begin(), leases_.end(), name) != leases_.end()) found.emplace_back(name);
    }
    return found;
  }

  static std::vector<std::string> open_files(int process) {
    std::vector<std::string> files;
    try {
      for (const DirectoryEntry& entry : list_directory(process, "fd"))
        files.push_back(link_if_allowed(process, "fd/" + entry.name));
    } catch (const Error&) {
      return files;  // it has ended, or belongs to another user
    }
    return files;
  }

  const Paths paths_;
  const std::vector<std::string>& leases_;
};

std::optional<std::int64_t> process_number(const std::string& name) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

/// Calls `visit(process, pid)` for each process of this PID namespace except this one. Throws if /proc does
/// not show even this process: then nothing is known about the others.
template <class Visit>
void each_process(Visit visit) {
  const std::int64_t self = getpid();
  if (access("/proc/self/maps", F_OK) != 0)
    throw Error(ErrorKind::unsupported,
                "cannot look for processes that use the store: /proc does not show them", kProcHint);
  for (const DirectoryEntry& entry : list_directory(AT_FDCWD, "/proc")) {
    const auto pid = process_number(entry.name);
    if (!pid || *pid == self) continue;
    const Fd process(open(("/proc/" + entry.name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (process) visit(process.get(), *pid);  // else it has ended
  }
}

}  // namespace

std::vector<ProcessUse> processes_using(const std::vector<std::string>& paths,
                                        const std::vector<std::string>& leases) {
  std::vector<ProcessUse> uses;
  if (paths.empty() && leases.empty()) return uses;
  const Search search(paths, leases);
  each_process([&](int process, std::int64_t pid) {
    search.look(process, [&](const std::string& kind, const std::string& what) {
      uses.push_back({pid, command_of(process), kind + " " + what});
      return false;
    });
  });
  return uses;
}

std::vector<PathUse> paths_in_use(const std::vector<std::string>& paths) {
  std::vector<PathUse> uses;
  if (paths.empty()) return uses;
  const std::vector<std::string> no_leases;
  const Search search(paths, no_leases);
  each_process([&](int process, std::int64_t pid) {
    search.look(process, [&](const std::string& kind, const std::string& what) {
      uses.push_back({what, {pid, command_of(process), kind + " " + what}});
      return true;
    });
  });
  return uses;
}

}  // namespace envstore

#include "gc/census/in_use.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "store/process/process_roles.h"
#include "store/process/process_table.h"

namespace envstore {
namespace {

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

/// Searches the files of one process in /proc.
class Search {
 public:
  Search(const std::vector<std::string>& paths, const std::vector<std::string>& leases)
      : paths_(paths), leases_(leases) {}

  /// Calls `seen(kind, what)` for each finding until it returns false.
  template <class Seen>
  void look(const ProcessView& process, Seen seen) const {
    const auto tell = [&](const std::string& kind, const std::vector<std::string>& found) {
      return std::all_of(found.begin(), found.end(), [&](const auto& what) { return seen(kind, what); });
    };
    const std::string environment = process.read("environ");
    if (!tell("environ", leases_in(environment)) || paths_.empty()) return;
    if (!tell("environ", paths_.all_in(environment))) return;
    for (const char* link : {"exe", "cwd"})
      if (!tell(link, paths_.all_in(process.link(link)))) return;
    if (!tell("maps", paths_.all_in(process.read("maps")))) return;
    for (const std::string& file : process.open_files())
      if (!tell("fd", paths_.all_in(file))) return;
  }

 private:
  std::vector<std::string> leases_in(std::string_view environment) const {
    static const std::string kLeaseVariable = role::lease_variable("");
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

  const Paths paths_;
  const std::vector<std::string>& leases_;
};

template <class Visit>
void each_process(Visit visit) {
  for (const pid_t pid : other_processes())
    if (const auto process = ProcessView::open(pid)) visit(*process);
}

}  // namespace

std::vector<ProcessUse> processes_using(const std::vector<std::string>& paths,
                                        const std::vector<std::string>& leases) {
  std::vector<ProcessUse> uses;
  if (paths.empty() && leases.empty()) return uses;
  const Search search(paths, leases);
  each_process([&](const ProcessView& process) {
    search.look(process, [&](const std::string& kind, const std::string& what) {
      uses.push_back({process.pid(), process.command(), kind + " " + what});
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
  each_process([&](const ProcessView& process) {
    search.look(process, [&](const std::string& kind, const std::string& what) {
      uses.push_back({what, {process.pid(), process.command(), kind + " " + what}});
      return true;
    });
  });
  return uses;
}

}  // namespace envstore

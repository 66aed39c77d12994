#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "python/interpreter/fitness.h"
#include "python/interpreter/interpreter.h"
#include "python/interpreter/probe.h"
#include "python/interpreter/shim.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/path_parts.h"
#include "store/process/program_search.h"

namespace envstore {
namespace {

using Kind = InterpreterRequest::Kind;

/// The search treats a path that cannot be examined as missing.
std::optional<FileStamp> look(const std::string& path) {
  try {
    return stat_at(AT_FDCWD, path, Links::follow);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Ignores the device number, which changes over a reboot, and the link count, which changes when the file is
/// linked.
bool is_same_file(const FileStamp& a, const FileStamp& b) {
  return a.inode == b.inode && a.size == b.size && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns &&
         a.mode == b.mode;
}

/// Facts that a kernel upgrade changes without a change of the interpreter's file.
void refresh_kernel_facts(Interpreter& interpreter) {
  utsname facts{};
  const auto system = interpreter.markers.find("platform_system");
  if (system == interpreter.markers.end() || uname(&facts) != 0 || system->second != facts.sysname) return;
  interpreter.markers["platform_release"] = facts.release;
  interpreter.markers["platform_version"] = facts.version;
}

/// Probes interpreters; caches the results in the index.
class Prober {
 public:
  Prober(StoreWriter& store, std::string home, std::function<void()> before_probe)
      : store_(store), before_probe_(std::move(before_probe)), home_(home.empty() ? "/" : std::move(home)) {
    if (!look(home_)) home_ = "/";
  }

  Interpreter ask(const std::string& path, bool may_cache) {
    const auto stamp = look(path);
    if (may_cache && stamp)
      if (auto known = cached(path, *stamp)) return std::move(*known);
    if (before_probe_) before_probe_();
    Interpreter interpreter = Interpreter::from_probe(run_probe(path, home_));
    interpreter.found_as = path;
    const auto real = real_path(interpreter.path);
    if (!real)
      throw Error(ErrorKind::invalid_input,
                  format_text("its base interpreter '{}' is missing", interpreter.path));
    interpreter.path = *real;
    interpreter.home = directory_of(*real);
    if (may_cache && stamp) keep(path, *stamp, interpreter);
    return interpreter;
  }

 private:
  /// A rewritten pyvenv.cfg invalidates the cached result of a virtualenv's python.
  static std::string key_of(const std::string& path) {
    const auto file = virtualenv_file(path);
    const auto stamp = file ? look(*file) : std::nullopt;
    return stamp ? format_text("{}\n{}\n{}", path, *file, stamp->mtime_ns) : path;
  }

  std::optional<Interpreter> cached(const std::string& path, const FileStamp& stamp) {
    const auto row = store_.index().read().interpreter(key_of(path));
    if (!row || !is_same_file(row->stamp, stamp)) return std::nullopt;
    try {
      Interpreter interpreter = Interpreter::decode(row->facts);
      if (!is_executable_file(interpreter.path)) return std::nullopt;
      refresh_kernel_facts(interpreter);
      return interpreter;
    } catch (const Error&) {
      return std::nullopt;  // facts of another version, or damaged: a new probe repairs both
    }
  }

  void keep(const std::string& path, const FileStamp& stamp, const Interpreter& interpreter) {
    if (store_.is_read_only()) return;
    Index::Write rows = store_.index().write();
    rows.put_interpreter(key_of(path), {stamp, interpreter.encode()});
    rows.commit();
  }

  StoreWriter& store_;
  const std::function<void()> before_probe_;
  std::string home_;  ///< version manager shims run here, where no project file affects them
};

/// Installations in a folder, newest first. A name is a version (3.12.1) or contains one
/// (cpython-3.12.1-linux-...).
std::vector<std::string> installations_in(const std::string& folder) {
  std::vector<std::pair<pypackaging::Version, std::string>> found;
  if (!look(folder)) return {};
  for (const DirectoryEntry& entry : list_directory(AT_FDCWD, folder)) {
    const std::size_t digit = entry.name.find_first_of("0123456789");
    if (digit == std::string::npos || entry.name.starts_with('.')) continue;
    const std::size_t end = entry.name.find_first_not_of("0123456789.abrc", digit);
    auto version =
        pypackaging::Version::parse(entry.name.substr(digit, end == std::string::npos ? end : end - digit));
    if (version) found.emplace_back(std::move(*version), folder + "/" + entry.name);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.first == b.first ? a.second < b.second : a.first > b.first;
  });
  std::vector<std::string> paths;
  for (auto& [version, path] : found) paths.push_back(std::move(path));
  return paths;
}

/// Where uv installs interpreters.
std::string managed_folder(const std::string& home) {
  if (const std::string named = variable_or_empty("UV_PYTHON_INSTALL_DIR"); !named.empty()) return named;
  const std::string data = variable_or_empty("XDG_DATA_HOME");
  return (data.empty() ? home + "/.local/share" : data) + "/uv/python";
}

/// nullopt: the preference allows it. The preference does not apply to a path that the user named.
std::optional<std::string> why_not_preferred(const Interpreter& interpreter, const DiscoveryInputs& inputs) {
  const bool only_managed = inputs.preference == PythonPreference::only_managed;
  const bool only_system = inputs.preference == PythonPreference::only_system;
  if (inputs.request.kind == Kind::path || (!only_managed && !only_system)) return std::nullopt;
  const std::string folder = managed_folder(inputs.home);
  const bool is_managed = interpreter.path.starts_with(real_path(folder).value_or(folder) + "/");
  if (only_managed && !is_managed) return "is not one that uv has installed (only-managed)";
  if (only_system && is_managed) return "is one that uv has installed (only-system)";
  return std::nullopt;
}

/// One search: tries the locations in order, records the paths that it depends on and the interpreters that
/// did not fit.
class Search {
 public:
  Search(StoreWriter& store, const DiscoveryInputs& inputs)
      : inputs_(inputs), prober_(store, inputs.home, inputs.before_probe) {}

  /// `accept` is called for each usable interpreter; true ends the search.
  using Accept = std::function<bool(const Interpreter&, FoundBy)>;
  bool walk(const Accept& accept) {
    accept_ = &accept;
    switch (inputs_.request.kind) {
      case Kind::path:
        return try_named_path();
      case Kind::executable_name:
        return try_path_variable(FoundBy::named);
      case Kind::any:
      case Kind::version:
        return try_places();
    }
    return false;
  }

  std::vector<WatchedPath> watched() const { return watched_; }
  /// Interpreters that were found, each with the reason why it does not fit.
  const std::vector<std::string>& met() const { return met_; }
  void note(const Interpreter& interpreter, const std::string& reason) {
    met_.push_back(format_text("'{}' {}", interpreter.found_as, reason));
  }

 private:
  void watch(const std::string& path) {
    const auto is_this = [&](const WatchedPath& known) { return known.path == path; };
    if (std::none_of(watched_.begin(), watched_.end(), is_this)) watched_.push_back({path, look(path)});
  }

  bool try_named_path() {
    std::string path = inputs_.request.text;
    if (path == "~" || path.starts_with("~/")) path = inputs_.home + path.substr(1);
    path = absolute_path(path);
    watch(path);
    const auto stamp = look(path);
    if (!stamp)
      throw Error(ErrorKind::not_found,
                  format_text("cannot use the interpreter '{}': it does not exist", path));
    if (!stamp->is_directory()) return try_executable(path, FoundBy::named);
    return try_installation(path, FoundBy::named);
  }

  bool try_virtual_env() {
    if (inputs_.virtual_env.empty()) return false;
    watch(inputs_.virtual_env + "/pyvenv.cfg");
    if (!look(inputs_.virtual_env + "/pyvenv.cfg")) return false;
    return try_installation(inputs_.virtual_env, FoundBy::named);
  }

  bool try_path_variable(FoundBy found_by) {
    const std::vector<std::string> names = executable_names(inputs_.request);
    for (const std::string& directory : path_directories(inputs_.path_variable)) {
      if (!directory.starts_with('/')) continue;  // the result would depend on the working directory
      watch(directory);
      for (const std::string& name : names)
        if (is_executable_file(directory + "/" + name) && try_executable(directory + "/" + name, found_by))
          return true;
    }
    return false;
  }

  bool try_places() {
    const std::string managed = managed_folder(inputs_.home);
    const bool is_managed_first = inputs_.preference == PythonPreference::managed ||
                                  inputs_.preference == PythonPreference::only_managed;
    if (try_virtual_env()) return true;
    if (is_managed_first && try_installations(managed)) return true;
    return try_path_variable(FoundBy::searched) || try_installations(pyenv_folder()) ||
           (!is_managed_first && try_installations(managed));
  }

  std::string pyenv_folder() const {
    const std::string root = variable_or_empty("PYENV_ROOT");
    return (root.empty() ? inputs_.home + "/.pyenv" : root) + "/versions";
  }

  bool try_installations(const std::string& folder) {
    watch(folder);
    for (const std::string& installation : installations_in(folder))
      if (try_installation(installation, FoundBy::searched)) return true;
    return false;
  }

  bool try_installation(const std::string& prefix, FoundBy found_by) {
    for (const char* name : {"/bin/python3", "/bin/python", "/bin/pypy3", "/python"})
      if (is_executable_file(prefix + name)) return try_executable(prefix + name, found_by);
    met_.push_back(format_text("'{}' has no bin/python", prefix));
    return false;
  }

  bool try_executable(const std::string& path, FoundBy found_by) {
    const ResolvedShim seen = resolve_shim(path, variable_or_empty("PYENV_VERSION"), inputs_.home);
    for (const std::string& file : seen.depends) watch(file);
    if (seen.kind == ResolvedShim::Kind::nothing) return false;
    std::string target = seen.target;
    if (const auto file = virtualenv_file(target)) watch(*file);
    if (auto base = virtualenv_base(target)) target = std::move(*base);
    const auto real = real_path(target);
    if (real && !tried_.insert(*real).second) return false;
    watch(path);
    watch(target);
    return try_interpreter(path, target, seen.kind != ResolvedShim::Kind::unknown, found_by);
  }

  bool try_interpreter(const std::string& path, const std::string& target, bool may_cache, FoundBy found_by) {
    Interpreter interpreter;
    try {
      interpreter = prober_.ask(target, may_cache);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid_input) throw;
      met_.push_back(format_text("'{}' cannot be used: {}", path, error.what()));
      return false;
    }
    interpreter.found_as = path;
    tried_.insert(interpreter.path);
    watch(interpreter.path);
    return (*accept_)(interpreter, found_by);
  }

  const DiscoveryInputs& inputs_;
  Prober prober_;
  const Accept* accept_ = nullptr;
  std::vector<WatchedPath> watched_;
  std::vector<std::string> met_;
  std::set<std::string> tried_;
};

std::string what_was_wanted(const DiscoveryInputs& inputs) {
  std::string text =
      inputs.request.text.empty() ? "a Python interpreter" : format_text("Python '{}'", inputs.request.text);
  if (inputs.requires_python && !inputs.requires_python->empty())
    text += format_text(" (requires-python: {})", inputs.requires_python->canonical());
  return text;
}

std::string how_to_get_one(const InterpreterRequest& request) {
  const std::string version = only_minor_version(request).value_or("3");
  return format_text(
      "install one (`apt install python{0}`, `pyenv install {0}` or `uv python install {0}`), or name one "
      "with --python",
      version);
}

/// As many findings as fit on a screen, one per line if there are several.
std::string shortened(const std::vector<std::string>& met) {
  constexpr std::size_t kMostFindings = 8, kLongestFinding = 240;
  std::string text;
  for (std::size_t i = 0; i < std::min(met.size(), kMostFindings); ++i) {
    const std::string line = met[i].substr(0, met[i].find('\n'));
    const bool is_whole = line.size() == met[i].size() && line.size() <= kLongestFinding;
    text += format_text("{}{}{}", met.size() > 1 ? "\n  " : " ", line.substr(0, kLongestFinding),
                        is_whole ? "" : " ...");
  }
  if (met.size() > kMostFindings) text += format_text("\n  and {} more", met.size() - kMostFindings);
  return text;
}

[[noreturn]] void report_none(const DiscoveryInputs& inputs, const std::vector<std::string>& met) {
  const std::string wanted = what_was_wanted(inputs);
  if (met.empty() && inputs.request.kind == Kind::executable_name)
    throw Error(ErrorKind::not_found,
                format_text("cannot find {}: PATH has no executable of that name", wanted),
                "write a version (3.12), a range (>=3.11,<3.13), a name (python3.12, pypy3.10) or a path");
  if (met.empty())
    throw Error(ErrorKind::not_found,
                format_text("cannot find {}: there is none on PATH, nor among pyenv's and uv's", wanted),
                how_to_get_one(inputs.request));
  throw Error(ErrorKind::not_found, format_text("cannot find {}:{}", wanted, shortened(met)),
              how_to_get_one(inputs.request));
}

}  // namespace

Discovery InterpreterFinder::find(const DiscoveryInputs& inputs) {
  Search search(store_, inputs);
  Discovery discovery;
  const bool is_found = search.walk([&](const Interpreter& interpreter, FoundBy found_by) {
    if (const auto reason = why_not(interpreter, inputs.request, inputs.requires_python, found_by)) {
      search.note(interpreter, *reason);
      return false;
    }
    if (const auto reason = why_not_preferred(interpreter, inputs)) {
      search.note(interpreter, *reason);
      return false;
    }
    discovery.interpreter = interpreter;
    return true;
  });
  if (!is_found) report_none(inputs, search.met());
  discovery.watched = search.watched();
  return discovery;
}

std::vector<Interpreter> InterpreterFinder::all(const DiscoveryInputs& inputs) {
  std::vector<Interpreter> found;
  const auto collect = [&](const InterpreterRequest& request) {
    DiscoveryInputs wide = inputs;
    wide.request = request;
    Search search(store_, wide);
    search.walk([&](const Interpreter& interpreter, FoundBy) {
      const auto is_this = [&](const Interpreter& known) { return known.path == interpreter.path; };
      if (std::none_of(found.begin(), found.end(), is_this)) found.push_back(interpreter);
      return false;
    });
  };
  collect(InterpreterRequest());
  for (const char* implementation : {"pypy", "graalpy"}) collect(InterpreterRequest::parse(implementation));
  return found;
}

}  // namespace envstore

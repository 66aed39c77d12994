#pragma once
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pypackaging/marker.h"
#include "pypackaging/specifier.h"
#include "pypackaging/tags.h"
#include "store/index/store.h"

namespace envstore {

/// Facts about an interpreter, from running it once with `-I -B` (`-E -B` for 2.x) and a probe script.
struct Interpreter {
  std::string path;            ///< the real executable, which runs start; never a shim or a virtualenv's link
  std::string found_as;        ///< the path under which it was found
  std::string implementation;  ///< sys.implementation.name
  std::string version;         ///< full: 3.11.2, 3.14.0rc1
  int major = 0, minor = 0;
  std::string base_prefix, home;  ///< `home`: the directory for pyvenv.cfg
  std::string cache_tag;          ///< cpython-311
  std::string site_path;          ///< site-packages of its venvs, relative: lib/python3.11/site-packages
  bool free_threaded = false;
  std::vector<std::string> wheel_folders;  ///< directories that may hold the wheels that `ensurepip` installs
  pypackaging::MarkerEnvironment markers;
  pypackaging::TagEnvironment tags;

  std::string identity() const;                                  ///< for SnapshotRecord::interpreter
  std::string encode() const;                                    ///< JSON
  static Interpreter decode(std::string_view text);              ///< throws Error{damaged}
  static Interpreter from_probe(std::string_view probe_answer);  ///< throws Error{invalid_input}
};

/// A Python request in uv's forms: `3`, `3.12`, `3.12.1`, `>=3.11,<3.13`, `cpython@3.12`, `python3.12`,
/// `pypy3.9`, `3.13t`, a path to an executable, a directory of a virtualenv or installation, `default` or
/// empty for any.
struct InterpreterRequest {
  enum class Kind { any, version, executable_name, path } kind = Kind::any;
  std::string text;                    ///< as written
  std::string implementation;          ///< empty: any
  pypackaging::SpecifierSet versions;  ///< of Kind::version
  std::optional<bool> free_threaded;
  static InterpreterRequest parse(std::string_view text);  ///< throws Error{usage}
};

/// uv's names. Managed interpreters are those that uv has installed. `system` searches them last, `managed`
/// first.
enum class PythonPreference { only_managed, managed, system, only_system };

struct DiscoveryInputs {
  InterpreterRequest request;
  std::optional<pypackaging::SpecifierSet> requires_python;
  std::string path_variable;  ///< PATH
  std::string virtual_env;    ///< VIRTUAL_ENV, or empty; its base interpreter is used
  std::string home;           ///< for pyenv and uv-managed installations
  PythonPreference preference = PythonPreference::system;  ///< ignored for a path that the user names
  /// Called before an interpreter that is not cached is probed, so that other slow work can run concurrently.
  std::function<void()> before_probe = {};
};

/// An interpreter, and every path whose change could change the result (watched by the run cache entry).
struct Discovery {
  Interpreter interpreter;
  std::vector<WatchedPath> watched;
};

/// Finds the first interpreter that fits, in uv's order: a path or name as requested; the one of VIRTUAL_ENV;
/// those on PATH (python3.X by version, python3, python), resolving shims; the installations of pyenv and uv.
/// Probe results are cached in the index by path and stat. Throws Error{not_found} that lists what was found
/// and why it did not fit.
class InterpreterFinder {
 public:
  InterpreterFinder(StoreWriter& store) : store_(store) {}
  Discovery find(const DiscoveryInputs& inputs);
  /// Every interpreter that can be found, once each, for `doctor` and messages.
  std::vector<Interpreter> all(const DiscoveryInputs& inputs);

 private:
  StoreWriter& store_;
};

/// The lines of a `.python-version` file without comments and empty lines. A line need not be a Python
/// request: pyenv also allows its own names.
struct PythonVersionFile {
  std::string path;
  std::vector<std::string> lines;
  bool operator==(const PythonVersionFile&) const = default;
};
/// The nearest `.python-version` (or `.python-versions`) that has a line, in `directory` or above. Throws
/// Error{invalid_input} for a file that is not text.
std::optional<PythonVersionFile> find_python_version_file(const std::string& directory);

/// The interpreter that a line of that file requests: a Python request, or a pyenv environment by name
/// (`myenv`, `3.11.2/envs/myenv`). nullopt: neither; as in uv this is not an error. A relative path starts at
/// the file's directory. `home` locates pyenv's folder.
std::optional<InterpreterRequest> version_file_request(const std::string& line, const std::string& file,
                                                       const std::string& home);

}  // namespace envstore

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

/// What was learnt of an interpreter by running it once with `-I -B` and a probe script.
struct Interpreter {
  std::string path;            ///< the real executable: what runs are started with; no shim, no venv's link
  std::string found_as;        ///< the path it was found by
  std::string implementation;  ///< sys.implementation.name
  std::string version;         ///< full: 3.11.2, 3.14.0rc1
  int major = 0, minor = 0;
  std::string base_prefix, home;  ///< `home`: the directory for pyvenv.cfg
  std::string cache_tag;          ///< cpython-311
  std::string site_path;          ///< of a venv of it, relative: lib/python3.11/site-packages
  bool free_threaded = false;
  std::vector<std::string> wheel_folders;  ///< where it may have the wheels that `ensurepip` installs
  pypackaging::MarkerEnvironment markers;
  pypackaging::TagEnvironment tags;

  std::string identity() const;                                  ///< for SnapshotRecord::interpreter
  std::string encode() const;                                    ///< JSON
  static Interpreter decode(std::string_view text);              ///< throws Error{damaged}
  static Interpreter from_probe(std::string_view probe_answer);  ///< throws Error{invalid_input}
};

/// What the user may write (uv's forms): `3`, `3.12`, `3.12.1`, `>=3.11,<3.13`, `cpython@3.12`, `python3.12`,
/// `pypy3.9`, `3.13t`, a path to an executable, a virtualenv's or installation's directory, `default`/empty:
/// any.
struct InterpreterRequest {
  enum class Kind { any, version, executable_name, path } kind = Kind::any;
  std::string text;                    ///< as written
  std::string implementation;          ///< empty: any
  pypackaging::SpecifierSet versions;  ///< of Kind::version
  std::optional<bool> free_threaded;
  static InterpreterRequest parse(std::string_view text);  ///< throws Error{usage}
};

/// uv's names. Managed interpreters are those that uv has installed. `system` asks them last, `managed`
/// first.
enum class PythonPreference { only_managed, managed, system, only_system };

struct DiscoveryInputs {
  InterpreterRequest request;
  std::optional<pypackaging::SpecifierSet> requires_python;
  std::string path_variable;  ///< PATH
  std::string virtual_env;    ///< VIRTUAL_ENV, or empty; its base interpreter is used
  std::string home;           ///< for pyenv and uv-managed installations
  PythonPreference preference = PythonPreference::system;  ///< of no path that the user names
  /// Called before an interpreter is asked that is not known yet: what else takes time can start beside it.
  std::function<void()> before_probe = {};
};

/// An interpreter, and every path whose change could change the answer (for the memo).
struct Discovery {
  Interpreter interpreter;
  std::vector<WatchedPath> watched;
};

/// Finds the first interpreter that fits, in uv's order: a path or name as asked; VIRTUAL_ENV's; those on
/// PATH (python3.X by version, python3, python), shims recognised and seen through; pyenv's and uv's
/// installations. Probe answers are cached in the index by path and stat. Throws Error{not_found} that lists
/// what was found and why it did not fit.
class InterpreterFinder {
 public:
  InterpreterFinder(Store& store) : store_(store) {}
  Discovery find(const DiscoveryInputs& inputs);
  /// Every interpreter that can be found, each once, for `doctor` and messages.
  std::vector<Interpreter> all(const DiscoveryInputs& inputs);

 private:
  Store& store_;
};

/// What a `.python-version` says: lines without comments, none of them empty. Not each is a request: pyenv
/// has names of its own there.
struct PythonVersionFile {
  std::string path;
  std::vector<std::string> lines;
};
/// The first `.python-version` (or `.python-versions`) with a line in `directory` or above. Throws
/// Error{invalid_input} for one that is no text.
std::optional<PythonVersionFile> find_python_version_file(const std::string& directory);

/// What `line` of that file asks for: a request, or an environment of pyenv's by its name (`myenv`,
/// `3.11.2/envs/myenv`). nullopt: neither, which is no error, as for uv. A relative path starts where the
/// file lies. `home`: for pyenv's folder.
std::optional<InterpreterRequest> version_file_request(const std::string& line, const std::string& file,
                                                       const std::string& home);

}  // namespace envstore

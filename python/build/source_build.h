#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/requirement.h"
#include "python/build/build_system.h"
#include "store/platform/error.h"

namespace envstore {

/// A hook failed: this version cannot be built on this machine. The message names the package and the hook
/// and ends with the last lines of the output; the hint says what is commonly missing then, and where the
/// whole output is.
class BuildFailure : public Error {
 public:
  BuildFailure(const std::string& message, std::string hint)
      : Error(ErrorKind::invalid_input, message, std::move(hint)) {}
};

/// The environment that a backend runs in. Its lease and its scratch are held as long as this object lives.
class BuildEnvironment {
 public:
  virtual ~BuildEnvironment() = default;
  virtual const std::string& python() const = 0;  ///< the program to start: an absolute path
  /// All variables (`NAME=value`) of a process in it: those of this process, with the folder of the
  /// environment's programs first on PATH. In an isolated environment PYTHONNOUSERSITE=1, and no PYTHONPATH
  /// and PYTHONHOME but its own. SourceBuild adds the variables of hook_environment (hook.h).
  virtual std::vector<std::string> environment() const = 0;
  /// Its packages, as `name==version`: for messages and records.
  virtual std::vector<std::string> pins() const = 0;
};

/// Makes build environments: python/provision does by a nested request; without isolation it is the
/// interpreter's own.
class BuildEnvironments {
 public:
  virtual ~BuildEnvironments() = default;
  /// False: `make` installs nothing, so the backend is not asked what it requires.
  virtual bool has_what_is_required() const { return true; }
  virtual std::unique_ptr<BuildEnvironment> make(const std::vector<pypackaging::Requirement>& requirements,
                                                 const std::string& label) = 0;
};

/// --config-setting KEY=VALUE. A key with one value is passed as text, with several as a list.
using ConfigSettings = std::map<std::string, std::vector<std::string>>;

/// What is built: a wheel, or one that refers to the source tree (PEP 660).
enum class BuildTarget { wheel, editable };

/// One source tree being built by its backend (PEP 517, 660). The environment of build-system.requires is
/// made at the first call; if `get_requires_for_build_wheel` returns more, it is made once more, with all.
/// When a call returns or throws, every process that its hook started has ended, daemons too. Not
/// thread-safe; several builds may run at the same time in different threads.
///
/// Throws BuildFailure if a hook fails, and other Errors for what is no fault of the package (disk full, no
/// process can be started) or what `environments` throws.
class SourceBuild {
 public:
  struct Inputs {
    std::string label;             ///< `numpy 1.26.4`, for messages
    std::string source_directory;  ///< absolute; the build may write there
    std::string work_directory;    ///< absolute, empty, private: TMPDIR and output; the caller removes it
    /// Absolute: the output of all hooks, appended. It should outlive `work_directory` after a failure, whose
    /// message names it. Empty: `build.log` in `work_directory`.
    std::string log_path = {};
    ConfigSettings settings = {};
    BuildTarget target = BuildTarget::wheel;
    std::function<void(std::string_view)> on_output = {};  ///< output while it arrives; must not throw
    std::optional<std::chrono::seconds> time_limit = {};   ///< of one hook; nullopt: none
  };

  /// Reads build-system. Throws as read_build_system.
  SourceBuild(Inputs inputs, BuildEnvironments& environments);
  ~SourceBuild();
  SourceBuild(const SourceBuild&) = delete;
  SourceBuild& operator=(const SourceBuild&) = delete;

  const BuildSystem& build_system() const;
  /// METADATA by prepare_metadata_for_build_wheel. nullopt: the backend has no such hook; only the wheel has
  /// it.
  std::optional<std::string> metadata();
  /// The absolute path of the wheel that build_wheel made, in `work_directory`. After metadata() the hook
  /// gets its directory.
  std::string wheel();
  /// What the environment of the last hook held (BuildEnvironment::pins); empty before the first.
  const std::vector<std::string>& pins() const;
  const std::string& log_path() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace envstore

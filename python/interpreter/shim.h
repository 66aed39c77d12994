#pragma once
#include <optional>
#include <string>
#include <vector>

namespace envstore {

/// What stands behind a path under which an interpreter was found.
struct ResolvedShim {
  enum class Kind {
    plain,    ///< the interpreter itself, or a link to it
    pyenv,    ///< pyenv's shim, `target` told without running it
    nothing,  ///< pyenv's shim, and no version that is in force has this name, or it is the system's
    unknown,  ///< a script: only running it tells
  } kind = Kind::plain;
  std::string target;                ///< of plain and pyenv: the path to ask
  std::vector<std::string> depends;  ///< files whose content decides the target
};

/// Reads the file (never runs it). Of pyenv's choices PYENV_VERSION (`pyenv_version`, may be empty) and the
/// global `version` file count; `.python-version` files are for envstore to find, beside the script rather
/// than in the working directory. Throws nothing but Error{io}.
ResolvedShim resolve_shim(const std::string& path, const std::string& pyenv_version, const std::string& home);

/// The base interpreter behind a virtualenv's `bin/python` when the links and pyvenv.cfg agree; nullopt: only
/// running it tells, or it is in no virtualenv.
std::optional<std::string> virtualenv_base(const std::string& executable);
/// `pyvenv.cfg` above `executable`, when there is one.
std::optional<std::string> virtualenv_file(const std::string& executable);

/// The path of version `wanted` of pyenv's (`3.11` means the newest 3.11.x): one of `installed`.
std::optional<std::string> pick_pyenv_version(const std::string& wanted,
                                              const std::vector<std::string>& installed);

}  // namespace envstore

#pragma once
#include <optional>
#include <string>
#include <vector>

namespace envstore {

/// What a path under which an interpreter was found refers to.
struct ResolvedShim {
  enum class Kind {
    plain,    ///< the interpreter itself, or a link to it
    pyenv,    ///< pyenv's shim; `target` is known without running it
    nothing,  ///< pyenv's shim, and pyenv selects the system or no version with this executable
    unknown,  ///< another script: it must be run to find out
  } kind = Kind::plain;
  std::string target;                ///< for plain and pyenv (unknown: the script): the path to probe
  std::vector<std::string> depends;  ///< files whose content decides the target
};

/// Reads the file, never runs it. For pyenv, PYENV_VERSION (`pyenv_version`, may be empty) and the global
/// `version` file decide. `.python-version` files are not read here: envstore searches them from the script,
/// not from the working directory. Throws only Error{io}.
ResolvedShim resolve_shim(const std::string& path, const std::string& pyenv_version, const std::string& home);

/// The base interpreter of a virtualenv's `bin/python` if the link and pyvenv.cfg agree; nullopt: it must be
/// run to find out, or it is not in a virtualenv.
std::optional<std::string> virtualenv_base(const std::string& executable);
/// The path of the `pyvenv.cfg` of `executable`, if there is one.
std::optional<std::string> virtualenv_file(const std::string& executable);

/// The entry of `installed` that pyenv selects for `wanted` (`3.11` means the newest 3.11.x).
std::optional<std::string> pick_pyenv_version(const std::string& wanted,
                                              const std::vector<std::string>& installed);

}  // namespace envstore

#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "python/interpreter/interpreter.h"
#include "store/index/store.h"
#include "store/platform/clock.h"
#include "store/platform/files.h"
#include "tests/store/temporary_directory.h"

namespace envstore::test {

/// The interpreters of this machine on PATH and of pyenv, by path: at least one; which ones is unknown.
inline std::vector<std::string> real_interpreters() {
  std::vector<std::string> candidates{"/usr/bin/python3", "/usr/bin/pypy3", "/usr/local/bin/python3"};
  const char* home = std::getenv("HOME");
  const std::string versions = std::string(home == nullptr ? "/root" : home) + "/.pyenv/versions";
  if (stat_at(AT_FDCWD, versions, Links::follow))
    for (const DirectoryEntry& entry : list_directory(AT_FDCWD, versions))
      candidates.push_back(versions + "/" + entry.name + "/bin/python");
  std::vector<std::string> found;
  for (const std::string& path : candidates)
    if (access(path.c_str(), X_OK) == 0) found.push_back(path);
  return found;
}

/// The probe output of an interpreter with these properties; fake_interpreter writes a script that prints it.
inline std::string answer_of(const std::string& executable, int major, int minor, const std::string& version,
                             const std::string& implementation = "cpython", bool free_threaded = false) {
  const std::string number = std::to_string(major) + "." + std::to_string(minor);
  const std::string flat = std::to_string(major) + std::to_string(minor);
  const std::string suffix = free_threaded ? "t" : "";
  const std::string lib = implementation == "pypy" ? "pypy" : "python";
  return "envstore-probe-answer:{\"version_info\": [" + std::to_string(major) + ", " + std::to_string(minor) +
         ", 0, \"final\", 0], \"version\": \"" + version + "\", \"implementation\": \"" + implementation +
         "\", \"executable\": \"" + executable + "\", \"base_executable\": \"" + executable +
         "\", \"base_prefix\": \"/usr\", \"cache_tag\": \"" + implementation + "-" + flat +
         "\", \"ext_suffix\": \".so\", \"soabi\": \"" +
         (implementation == "pypy" ? "pypy39-pp73-x86_64-linux-gnu" : "") +
         "\", \"free_threaded\": " + (free_threaded ? "true" : "false") +
         ", \"debug\": false, \"platform\": \"linux-x86_64\", \"site_path\": \"lib/" + lib + number + suffix +
         "/site-packages\", \"wide\": true, \"has_hard_float\": true, \"glibc\": [2, 36], \"musl\": null, "
         "\"manylinux\": [[2, 17, false]], \"markers\": {\"python_version\": \"" +
         number + "\", \"os_name\": \"posix\"}}";
}

inline std::string fake_interpreter(const TemporaryDirectory& folder, const std::string& name, int major,
                                    int minor, const std::string& version,
                                    const std::string& implementation = "cpython",
                                    bool free_threaded = false) {
  const std::string path = folder / name;
  return folder.write(name,
                      "#!/bin/sh\nread -r x < /dev/null\ncat <<'END'\n" +
                          answer_of(path, major, minor, version, implementation, free_threaded) + "\nEND\n",
                      0755);
}

}  // namespace envstore::test

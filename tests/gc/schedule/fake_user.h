#pragma once
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "gc/schedule/schedule.h"
#include "store/platform/files.h"
#include "tests/clean_settings.h"
#include "tests/store/temporary_directory.h"

namespace envstore {

inline ScheduleSettings settings_of(const std::string& store = "/home/me/store") {
  return {.program = "/usr/bin/envstore", .store = store};
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A user with a home directory, and programs on that user's PATH that record how they were called.
class FakeUser {
 public:
  FakeUser() {
    ::setenv("HOME", directory_.path().c_str(), 1);
    ::setenv("PATH", (bin() + ":/usr/bin:/bin").c_str(), 1);
    ::setenv("FAKE", directory_.path().c_str(), 1);
    make_directory(AT_FDCWD, bin(), 0700);
  }
  void program(const std::string& name, const std::string& body) {
    unlink_if_there(AT_FDCWD, bin() + "/" + name);
    create_file(AT_FDCWD, bin() + "/" + name, "#!/bin/sh\n" + body + "\n", 0755);
  }
  /// A fake crontab(1) that keeps its text in the file `crontab`.
  void with_crontab() {
    program("crontab",
            "case $1 in\n"
            "-l) [ -e $FAKE/crontab ] || { echo 'no crontab for me' >&2; exit 1; }; cat $FAKE/crontab;;\n"
            "-r) rm $FAKE/crontab;;\n"
            "-) cat > $FAKE/crontab; echo >> $FAKE/changes;;\n"
            "esac");
  }
  void with_manager(bool answers) {
    program("systemctl",
            answers ? "echo \"$@\" >> $FAKE/calls; [ $2 != is-active ] || echo active" : "exit 1");
  }
  std::optional<std::string> file(const std::string& name) const {
    return try_read_file(AT_FDCWD, directory_.path() + "/" + name);
  }
  void put(const std::string& name, const std::string& text) const {
    replace_file(AT_FDCWD, directory_.path() + "/" + name, text, 0600);
  }
  std::string path() const { return directory_.path(); }

 private:
  std::string bin() const { return directory_.path() + "/bin"; }
  CleanSettings clean_;
  TemporaryDirectory directory_;
};

}  // namespace envstore

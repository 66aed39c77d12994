#pragma once
#include <fcntl.h>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "store/platform/files.h"

namespace envstore {

/// A fresh directory, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base == nullptr ? "/tmp" : base) + "/envstore-test-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    fd_ = open_directory(AT_FDCWD, path_);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    try {
      remove_tree(AT_FDCWD, path_);
    } catch (const std::exception&) {
      return;
    }
  }
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  /// Creates or replaces the file and its parent directories, and returns its path.
  std::string write(const std::string& name, const std::string& content, mode_t mode = 0644) const {
    const std::size_t slash = name.rfind('/');
    if (slash != std::string::npos) make_directories(fd(), name.substr(0, slash), 0755);
    replace_file(fd(), name, content, mode);
    return path_ + "/" + name;
  }
  void link(const std::string& name, const std::string& target) const { symlink_at(target, fd(), name); }

 private:
  std::string path_;
  Fd fd_;
};

}  // namespace envstore

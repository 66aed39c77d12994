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
  /// Creates the file and returns its path.
  std::string write(const std::string& name, const std::string& content) const {
    constexpr mode_t kMode = 0644;
    create_file(fd(), name, content, kMode);
    return path_ + "/" + name;
  }
  void link(const std::string& name, const std::string& target) const { symlink_at(target, fd(), name); }

 private:
  std::string path_;
  Fd fd_;
};

}  // namespace envstore

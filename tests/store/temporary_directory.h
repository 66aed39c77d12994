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

 private:
  std::string path_;
  Fd fd_;
};

}  // namespace envstore

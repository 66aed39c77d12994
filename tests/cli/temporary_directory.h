#pragma once
#include <fcntl.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "store/platform/files.h"

namespace envstore {

/// A directory of one test, removed at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const char* parent = std::getenv("TMPDIR");
    path_ = std::string(parent == nullptr ? "/tmp" : parent) + "/envstore-test-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  }
  ~TemporaryDirectory() { remove_tree(AT_FDCWD, path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& content) const {
    constexpr mode_t kMode = 0644;
    const std::string path = path_ + "/" + name;
    create_file(AT_FDCWD, path, content, kMode);
    return path;
  }
  void link(const std::string& name, const std::string& target) const {
    symlink_at(target, AT_FDCWD, path_ + "/" + name);
  }

 private:
  std::string path_;
};

}  // namespace envstore

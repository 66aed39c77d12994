#pragma once
#include <string>

#include "store/index/store.h"

namespace envstore {

/// The file that the output of one build goes to, `logs/build-NAME-VERSION-<random>.log`. It stays after a
/// failure, for the user to read; of older ones a bounded number is kept.
class BuildLogFile {
 public:
  BuildLogFile(StoreWriter& store, const std::string& name, const std::string& version);
  ~BuildLogFile();  ///< removes the file unless `keep` was called. Never throws.
  BuildLogFile(const BuildLogFile&) = delete;
  BuildLogFile& operator=(const BuildLogFile&) = delete;

  const std::string& path() const { return path_; }  ///< absolute
  void keep() { is_kept_ = true; }

 private:
  const std::string path_;
  bool is_kept_ = false;
};

}  // namespace envstore

#pragma once
#include <functional>
#include <string>

#include "store/index/index.h"
#include "store/platform/store_paths.h"
#include "tests/store/temporary_directory.h"

namespace envstore {

inline RootRow a_root(std::string path) {
  RootRow row;
  row.path = std::move(path);
  return row;
}

/// An index in a temporary directory, with a simulated power cut.
struct IndexWorld {
  TemporaryDirectory directory;
  Index index{directory.fd(), Index::Access::read_write};

  void write(const std::function<void(Index::Write&)>& work) {
    Index::Write transaction = index.write();
    work(transaction);
    transaction.commit();
  }
  void fail_power() { remove_tree(directory.fd(), store_paths::kVolatile); }
};

}  // namespace envstore

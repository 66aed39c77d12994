#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "store/index/store.h"
#include "store/leases/lease.h"
#include "store/objects/tree.h"
#include "store/platform/clock.h"
#include "store/platform/files.h"
#include "store/snapshots/snapshot.h"
#include "tests/store/temporary_directory.h"

namespace envstore::testing {

using Files =
    std::map<std::string, std::string>;  ///< path in the tree -> content; `+x` before the path: executable

inline const std::string kSite = "lib/python3.11/site-packages";

inline Files one_package(const std::string& name) {
  return {{"site/" + name + "/__init__.py", ""},
          {"site/" + name + "/core.py", "name = '" + name + "'\n"},
          {"site/" + name + "-1.0.dist-info/RECORD", name}};
}

/// Makes a read-only directory writable while this object exists, as it always is for root.
class OpenedDirectory {
 public:
  OpenedDirectory(int root, std::string path)
      : root_(root), path_(std::move(path)), mode_(stat_at(root, path_, Links::do_not_follow)->mode) {
    set_mode(mode_ | 0700);
  }
  OpenedDirectory(const OpenedDirectory&) = delete;
  OpenedDirectory& operator=(const OpenedDirectory&) = delete;
  ~OpenedDirectory() { set_mode(mode_); }

 private:
  void set_mode(mode_t mode) const { static_cast<void>(fchmodat(root_, path_.c_str(), mode & 07777, 0)); }
  int root_;
  std::string path_;
  mode_t mode_;
};

/// A store in a folder of its own, removed at the end.
class TreeWorld {
 public:
  std::string root() const { return folder_ / "store"; }
  /// A second Store of the same root, as another process has it.
  Store open() const { return Store::open(root(), clock_); }
  Store& store() {
    if (!store_) store_ = std::make_unique<Store>(open());
    return *store_;
  }
  void close() { store_.reset(); }

  static Lease lease(Store& store) {
    return std::move(*Lease::acquire(store, LeaseKind::ingest, {}, "test"));
  }

  static TreeId add_tree(Store& store, Lease& lease, const std::string& name, const Files& files,
                         const std::string& forest_reason = {}) {
    TreeBuilder builder(store, lease);
    for (const auto& [path, content] : files) {
      const bool is_executable = path.starts_with("+x");
      builder.add(is_executable ? path.substr(2) : path, is_executable ? Executable::yes : Executable::no,
                  as_bytes(content));
    }
    return builder.commit(info(name, forest_reason));
  }
  TreeId add_tree(const std::string& name, const Files& files, const std::string& forest_reason = {}) {
    Lease own = lease(store());
    return add_tree(store(), own, name, files, forest_reason);
  }

  static TreeInfo info(const std::string& name, const std::string& forest_reason = {}) {
    TreeInfo info;
    info.name = name;
    info.version = "1.0";
    info.wheel = WheelHash{sha256(as_bytes(name))};
    info.wheel_filename = name + "-1.0-py3-none-any.whl";
    info.forest_reason = forest_reason;
    return info;
  }

  static SnapshotRecord record(const std::map<std::string, TreeId>& trees) {
    SnapshotRecord record;
    record.interpreter = "cpython-3.11";
    record.site_path = kSite;
    record.cache_tag = "cpython-311";
    record.prefix_files = {{"pyvenv.cfg", "home = /usr/bin\n"}};
    for (const auto& [name, id] : trees) record.trees.push_back({id, name, "1.0"});
    return record;
  }

 private:
  TemporaryDirectory folder_;
  SystemClock clock_;
  std::unique_ptr<Store> store_;
};

}  // namespace envstore::testing

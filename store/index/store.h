#pragma once
#include <memory>
#include <string>

#include "store/index/index.h"
#include "store/platform/clock.h"
#include "store/platform/files.h"

namespace envstore {

/// An open store: the descriptor of its root directory, and its index, which the first transaction opens (and
/// creates).
class Store {
 public:
  /// `root` empty: $ENVSTORE_ROOT, else $XDG_CACHE_HOME/envstore, else ~/.cache/envstore. If the user is
  /// root, but the directory belongs to another user (sudo -E), the one in root's own home directory.
  static std::string default_root();

  /// Opens a store and creates what is missing: the folders, `format`, CACHEDIR.TAG (0700). Refuses a root
  /// that is owned by another user or writable by group or world, a newer format, and a filesystem that
  /// is_allowed_for_index rejects. A warm open costs two openat, fstat and fstatfs of the root, and one small
  /// read. On a read-only filesystem the store is opened for reading. A directory that is not a store but has
  /// other content is refused. `clock` must outlive the store.
  static Store open(const std::string& root, const Clock& clock);

  Store(Store&&) noexcept;
  ~Store();

  int root() const { return root_.get(); }           ///< directory descriptor
  const std::string& path() const { return path_; }  ///< absolute
  bool is_read_only() const { return read_only_; }
  Index& index();
  const Clock& clock() const { return *clock_; }

 private:
  Store() = default;
  Fd root_;
  std::string path_;
  bool read_only_ = false;
  const Clock* clock_ = nullptr;
  std::unique_ptr<Index> index_;
};

}  // namespace envstore

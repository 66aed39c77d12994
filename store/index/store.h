#pragma once
#include <memory>
#include <string>

#include "store/index/index.h"
#include "store/platform/clock.h"
#include "store/platform/files.h"

namespace envstore {

/// An open store: its root directory, held, and its index, opened (and made) by its first transaction.
class Store {
 public:
  /// `root` empty: $ENVSTORE_ROOT, else $XDG_CACHE_HOME/envstore, else ~/.cache/envstore. Root whose HOME or
  /// XDG_CACHE_HOME is another user's (sudo -E) gets that of its own home directory.
  static std::string default_root();

  /// Opens, and makes what is missing: the folders, `format`, CACHEDIR.TAG (0700). Refuses a root that is
  /// owned by another user or writable by group or world, a newer format, and a filesystem that is not on the
  /// list. A warm open is two openat, two looks at the root and one small read. On a read-only filesystem
  /// opens for reading. A directory that holds anything else is refused. `clock` must outlive the store.
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

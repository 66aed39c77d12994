#pragma once
#include <memory>
#include <string>
#include <utility>

#include "store/index/index.h"
#include "store/platform/clock.h"
#include "store/platform/files.h"

namespace envstore {

/// A path in a store. Several stores may be open at once: a relative path alone does not say where it leads.
struct StorePath {
  std::string store;     ///< absolute path of the store
  std::string relative;  ///< store_paths.h
  std::string absolute() const { return store + "/" + relative; }
  auto operator<=>(const StorePath&) const = default;
};

/// An open store, for reading: the descriptor of its root directory, and its index, which the first
/// transaction opens. No virtual functions: a warm run calls these.
class StoreReader {
 public:
  int root() const { return root_.get(); }           ///< directory descriptor
  const std::string& path() const { return path_; }  ///< absolute
  StorePath at(std::string relative) const { return {path_, std::move(relative)}; }
  bool is_read_only() const { return read_only_; }
  const Index& index() const { return *index_; }
  const Clock& clock() const { return *clock_; }

 protected:
  StoreReader() = default;
  StoreReader(StoreReader&&) noexcept = default;
  ~StoreReader() = default;

  Fd root_;
  std::string path_;
  bool read_only_ = false;
  const Clock* clock_ = nullptr;
  std::unique_ptr<Index> index_;
};

/// An open store for who writes. Check `is_read_only` first: a read-only store has a writer, too, because a
/// run of it takes its lease elsewhere (lease.h).
class StoreWriter : public StoreReader {
 public:
  using StoreReader::index;
  Index& index() { return *index_; }

 protected:
  StoreWriter() = default;
  StoreWriter(StoreWriter&&) noexcept = default;
  ~StoreWriter() = default;
};

/// Opens a store, and owns what it opened.
class Store : public StoreWriter {
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

 private:
  Store() = default;
};

}  // namespace envstore

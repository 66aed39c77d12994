#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/index/index_pages.h"
#include "store/platform/files.h"

struct MDB_env;

namespace envstore::index {

/// One LMDB environment, without LMDB's own locks: the caller holds the index's lock, or the turn to write
/// (store/index/index_durable.h).
class Environment {
 public:
  /// synced: a commit waits until its pages are on disk; the meta page that makes them current is on disk
  /// after `sync`. unsynced: a commit does not wait for the disk.
  enum class Mode { read_only, synced, unsynced };

  /// `directory`: relative to the store's root. nullptr: it does not exist.
  static std::shared_ptr<Environment> open(int root, const std::string& directory, Mode mode);
  /// Creates an empty environment in a new directory. In Mode::synced it is on disk when this returns.
  static void create(int root, const std::string& directory, Mode mode);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  MDB_env* get() const { return env_; }
  Mode mode() const { return mode_; }
  /// True if the file at this path is still the one that was opened: the index was not created again, and the
  /// file was not deleted.
  bool is_still_there();
  /// The current last commit.
  Pages pages();
  /// Checks every page. The caller keeps writers out.
  void check_all();
  void sync();
  [[noreturn]] void fail(int code, std::string_view verb) const;
  [[noreturn]] void fail_damaged(std::string_view reason) const;

 private:
  /// The file, mapped for reading. When the file grows, earlier maps stay, because views may point into them.
  struct Map {
    const std::byte* data;
    std::size_t size;
  };

  Environment(int root, std::string directory, Mode mode);
  std::optional<Fd> open_file_itself() const;
  void take_file(Fd file);
  Pages::File file(std::uint64_t size);
  std::uint64_t measure();
  int open_map(std::uint64_t map_size);
  void open_smaller_and_smaller();
  void keep_from_children() const;
  void prepare();

  Fd file_;
  MDB_env* env_ = nullptr;  ///< for writing only; reads use the maps
  int root_;
  std::string directory_;
  Mode mode_;
  std::uint64_t device_ = 0, inode_ = 0;
  std::mutex mutex_;  ///< protects what follows
  std::uint64_t size_ = 0;
  std::vector<Map> maps_;
};

}  // namespace envstore::index

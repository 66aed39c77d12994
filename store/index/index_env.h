#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/index/index_pages.h"
#include "store/platform/files.h"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

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

/// A transaction; aborted unless committed. Views stay valid until the next write in it, or its end. Each
/// page is checked before it is used; a damaged page throws Error{damaged}.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(std::shared_ptr<Environment> environment, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  std::optional<std::string_view> get(std::string_view key);
  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);  ///< a missing key is not an error
  /// Increases by one with each commit. For a read: the number of the last commit.
  std::uint64_t number() const;
  void commit();

 private:
  friend class Cursor;
  void check_around(std::string_view key);
  std::shared_ptr<Environment> environment_;
  Pages pages_;             ///< of the last commit
  MDB_txn* txn_ = nullptr;  ///< of a write
};

class Cursor {
 public:
  using Entry = std::pair<std::string_view, std::string_view>;
  explicit Cursor(Transaction& transaction);
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor();
  std::optional<Entry> at_or_after(std::string_view key);
  std::optional<Entry> next();
  std::optional<Entry> previous();
  std::optional<Entry> before(std::string_view key);  ///< the last one less than `key`

 private:
  std::optional<Entry> move(int operation, std::string_view key);
  template <class Step>
  std::optional<Entry> checked(Step step);
  Transaction& transaction_;
  std::optional<Pages::Cursor> reading_;
  MDB_cursor* cursor_ = nullptr;  ///< of a write
  std::string here_;              ///< of a write: the key of the current entry
};

}  // namespace envstore::index

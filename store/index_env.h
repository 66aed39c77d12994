#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace envstore::index {

/// One LMDB environment, without LMDB's own locks: whoever calls holds the index's lock, or its turn to write
/// (store/index_durable.h).
class Environment {
 public:
  /// synced: a commit waits until its pages are on disk; the page that makes them current is on disk after
  /// `sync`. unsynced: a commit waits for nothing.
  enum class Mode { read_only, synced, unsynced };

  enum class Writable { no, yes };  ///< the filesystem is
  /// `directory`: relative to the store's root. nullptr: it is not there.
  static std::shared_ptr<Environment> open(int root, const std::string& directory, Mode mode,
                                           Writable writable);
  /// Makes an empty environment in a new directory. Synced: on disk when this returns.
  static void create(int root, const std::string& directory, Mode mode);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  MDB_env* get() const { return env_; }
  Mode mode() const { return mode_; }
  /// What lies under its name is still what was opened (nobody made the index anew, or cleaned it away).
  bool is_still_there() const;
  void sync();
  [[noreturn]] void fail(int code, std::string_view verb) const;

 private:
  Environment(int root, std::string directory, Mode mode);
  int open_map(std::uint64_t map_size);
  void open_smaller_and_smaller();
  void keep_from_children() const;
  void restore_length(std::uint64_t size) const;
  void prepare();

  MDB_env* env_ = nullptr;
  int root_;
  std::string directory_;
  Mode mode_;
  std::uint64_t device_ = 0, inode_ = 0;
};

/// A transaction; aborted unless committed. Views stay valid until the next write in it, or its end.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(std::shared_ptr<Environment> environment, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  std::optional<std::string_view> get(std::string_view key);
  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);  ///< absent is fine
  /// Grows by one with each commit. Of a read: that of the last commit.
  std::uint64_t number() const;
  void commit();

 private:
  friend class Cursor;
  std::shared_ptr<Environment> environment_;
  MDB_txn* txn_ = nullptr;
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
  Transaction& transaction_;
  MDB_cursor* cursor_ = nullptr;
};

}  // namespace envstore::index

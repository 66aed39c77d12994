#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "store/index/index_env.h"
#include "store/index/index_pages.h"

struct MDB_txn;
struct MDB_cursor;

namespace envstore::index {

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

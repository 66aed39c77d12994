#include "store/index/index_transaction.h"

#include <lmdb.h>

namespace envstore::index {
namespace {

constexpr MDB_dbi kRows = 1;  // the environment's main database, as LMDB numbers it

MDB_val value_of(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
std::string_view view_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace

Transaction::Transaction(std::shared_ptr<Environment> environment, Kind kind)
    : environment_(std::move(environment)), pages_(environment_->pages()) {
  if (kind == Kind::read) return;
  try {
    pages_.check_free_pages();
  } catch (const PageError& error) {
    environment_->fail_damaged(error.what());
  }
  const int code = mdb_txn_begin(environment_->get(), nullptr, 0, &txn_);
  if (code != MDB_SUCCESS) environment_->fail(code, "read");
}

Transaction::~Transaction() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

void Transaction::check_around(std::string_view key) {
  try {
    pages_.check_around(key);
  } catch (const PageError& error) {
    environment_->fail_damaged(error.what());
  }
}

std::optional<std::string_view> Transaction::get(std::string_view key) {
  if (txn_ == nullptr) {
    try {
      return pages_.get(key);
    } catch (const PageError& error) {
      environment_->fail_damaged(error.what());
    }
  }
  check_around(key);
  MDB_val name = value_of(key);
  MDB_val value{};
  const int code = mdb_get(txn_, kRows, &name, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != MDB_SUCCESS) environment_->fail(code, "read");
  return view_of(value);
}

void Transaction::put(std::string_view key, std::string_view value) {
  check_around(key);
  MDB_val name = value_of(key);
  MDB_val content = value_of(value);
  const int code = mdb_put(txn_, kRows, &name, &content, 0);
  if (code != MDB_SUCCESS) environment_->fail(code, "write");
}

void Transaction::erase(std::string_view key) {
  check_around(key);
  MDB_val name = value_of(key);
  const int code = mdb_del(txn_, kRows, &name, nullptr);
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) environment_->fail(code, "write");
}

std::uint64_t Transaction::number() const {
  return txn_ != nullptr ? mdb_txn_id(txn_) : pages_.transaction();
}

void Transaction::commit() {
  const int code = mdb_txn_commit(std::exchange(txn_, nullptr));  // ends the transaction even if it fails
  if (code != MDB_SUCCESS) environment_->fail(code, "write");
}

Cursor::Cursor(Transaction& transaction) : transaction_(transaction) {
  if (transaction.txn_ == nullptr) {
    reading_.emplace(transaction.pages_);
    return;
  }
  const int code = mdb_cursor_open(transaction.txn_, kRows, &cursor_);
  if (code != MDB_SUCCESS) transaction.environment_->fail(code, "read");
}

Cursor::~Cursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

template <class Step>
std::optional<Cursor::Entry> Cursor::checked(Step step) {
  try {
    return step(*reading_);
  } catch (const PageError& error) {
    transaction_.environment_->fail_damaged(error.what());
  }
}

std::optional<Cursor::Entry> Cursor::move(int operation, std::string_view key) {
  MDB_val name = value_of(key);
  MDB_val value{};
  const int code = mdb_cursor_get(cursor_, &name, &value, static_cast<MDB_cursor_op>(operation));
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != MDB_SUCCESS) transaction_.environment_->fail(code, "read");
  here_.assign(view_of(name));
  return Entry{view_of(name), view_of(value)};
}

std::optional<Cursor::Entry> Cursor::at_or_after(std::string_view key) {
  if (reading_) return checked([&](Pages::Cursor& cursor) { return cursor.at_or_after(key); });
  transaction_.check_around(key);
  return move(MDB_SET_RANGE, key);
}

std::optional<Cursor::Entry> Cursor::next() {
  if (reading_) return checked([](Pages::Cursor& cursor) { return cursor.next(); });
  const std::string after = here_ + '\0';
  return at_or_after(after);
}

std::optional<Cursor::Entry> Cursor::previous() {
  if (reading_) return checked([](Pages::Cursor& cursor) { return cursor.previous(); });
  const std::string here = here_;
  return before(here);
}

std::optional<Cursor::Entry> Cursor::before(std::string_view key) {
  if (reading_)
    return checked(
        [&](Pages::Cursor& cursor) { return cursor.at_or_after(key) ? cursor.previous() : cursor.last(); });
  return at_or_after(key) ? move(MDB_PREV, {}) : move(MDB_LAST, {});
}

}  // namespace envstore::index

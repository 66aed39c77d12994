#pragma once
#include <functional>
#include <mutex>

#include "store/index/index.h"
#include "store/index/index_key.h"
#include "store/index/index_transaction.h"
#include "store/index/index_turnstile.h"
#include "store/index/lock_time_slice.h"
#include "store/platform/lock.h"

// Shared by the sources of the index only.

namespace envstore {

struct Index::Impl {
  using Environment = index::Environment;

  Impl(int root_directory, Access wanted);
  void require_same_process() const;
  /// Takes the lock. Both environments exist and are current when this returns.
  index::Turnstile::Hold lock(LockMode mode);
  std::shared_ptr<Environment> durable(Environment::Mode mode);
  std::string boot();
  std::shared_ptr<Environment> volatile_side();  ///< the volatile one; nullptr: a read-only store without one

  const int root;
  const Access access;
  const pid_t process;
  index::Turnstile turnstile;

 private:
  bool open_what_is_there();
  void make_what_is_missing();
  void make_missing_environments();
  std::string volatile_directory();
  Environment::Mode durable_mode() const;

  std::mutex mutex_;  ///< protects what follows; taken inside the turnstile
  std::string volatile_directory_;
  std::shared_ptr<Environment> durable_, volatile_;
};

/// A transaction over both environments. The order of the members matters: transactions end before the lock
/// is released.
struct Index::Read::State {
  enum class Kind { read, sliced_read, write, durable_write };
  State(Impl& owner, Kind wanted);
  ~State();

  bool is_reading() const { return kind == Kind::read || kind == Kind::sliced_read; }
  /// True if this is a sliced read that has held the lock long enough.
  bool is_slice_over() const;
  /// Lets writers in, and continues with the current state after that. No view and no cursor may be in use.
  void begin_slice();

  index::Transaction& durable() { return *durable_; }
  index::Transaction* volatile_side() { return volatile_ ? &*volatile_ : nullptr; }

  /// The row without the header of a volatile entry. The view is valid until the next write.
  std::optional<std::string_view> get(const std::string& key);
  void put(const std::string& key, std::string_view row);
  void erase(const std::string& key);
  /// Rows whose key begins with `prefix`, in key order, each once. `visit` may write, and returns false to
  /// stop.
  void each(const std::string& prefix,
            const std::function<bool(std::string_view key, std::string_view row)>& visit);
  void commit();

  Impl& impl;
  const Kind kind;

 private:
  /// The volatile entry that a key had before a durable write changed it; nullopt: none.
  struct Before {
    std::string key;
    std::optional<std::string> entry;
  };

  void begin();
  void open_transactions();
  void end() noexcept;
  bool each_of_slice(const std::string& prefix, std::string& from,
                     const std::function<bool(std::string_view key, std::string_view row)>& visit);
  void remember(const std::string& key, std::optional<std::string_view> entry);
  void make_durable(std::uint64_t number);
  void put_back(std::uint64_t number) noexcept;

  std::optional<FileLock> no_writer_;
  index::Turnstile::Hold hold_;
  LockTimeSlice slice_;
  std::shared_ptr<index::Environment> environment_;  ///< the volatile one
  std::optional<index::Transaction> durable_, volatile_;
  std::vector<Before> before_;
};

namespace index {
inline bool is_volatile(std::string_view key) {
  return static_cast<unsigned char>(key.front()) >= static_cast<unsigned char>(kFirstVolatile);
}
/// True if the durable environment can have this key. Leases and condemnations are volatile only; last uses
/// are not.
inline bool has_durable_side(std::string_view key) {
  return !is_volatile(key) || key.front() == static_cast<char>(Table::uses);
}
std::string volatile_directory_of_this_boot();
}  // namespace index

}  // namespace envstore

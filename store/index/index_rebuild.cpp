#include "store/index/index_rebuild.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "store/index/index_durable.h"
#include "store/index/index_key.h"
#include "store/index/index_state.h"
#include "store/index/row_codec.h"
#include "store/platform/codec.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/path_names.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"

namespace envstore {

namespace index {
namespace {

void sync_directory(int root, const std::string& path) {
  const Fd directory = open_directory(root, path);
  if (fsync(directory.get()) != 0) captured_errno().fail("sync", named(root, path));
}

void put_all(int root, const std::string& directory, Environment::Mode mode, const Rows& rows) {
  const auto environment = Environment::open(root, directory, mode);
  Transaction transaction(environment, Transaction::Kind::write);
  for (const auto& [key, value] : rows) transaction.put(key, value);
  transaction.commit();
  environment->sync();
}

void remove_quietly(int root, const std::string& path) noexcept {
  try {  // first without opening a descriptor, as there may be none left
    unlink_if_there(root, path + "/" + store_paths::kEnvironmentData);
    if (unlinkat(root, path.c_str(), AT_REMOVEDIR) != 0) remove_tree(root, path);
  } catch (...) {
    return;  // gc removes what stays in tmp
  }
}

/// Throws if the row cannot be decoded; the value is not used.
template <class Row>
bool is_row(std::string_view row) {
  static_cast<void>(decode_row<Row>(row));
  return true;
}

/// The row after its name. Throws if the name does not match the key.
std::string_view without_name(Table table, std::string_view key, std::string_view value) {
  Decoder decoder(value);
  if (key_of(table, decoder.text()) != key) Decoder::fail();
  return decoder.rest();
}

bool is_whole_use(std::string_view row) {
  Decoder decoder(row);
  decoder.number<std::uint64_t>();
  decoder.finish();
  return true;
}

bool is_own_request(std::string_view key, std::string_view row) {
  return key_of(Table::requests, fingerprint(as_bytes(decode_row<RequestRow>(row).canonical))) == key;
}

/// True if salvage keeps this kind of row, and the row itself is valid.
bool is_worth_keeping(std::string_view key, std::string_view row) {
  constexpr std::size_t kIdKey = 1 + sizeof(BlobId::bytes);
  try {
    switch (static_cast<Table>(key.front())) {
      case Table::wheels:
        return key.size() == kIdKey && is_row<WheelRow>(row);
      case Table::requests:
        return is_own_request(key, row);
      case Table::roots:
        return is_row<RootRow>(without_name(Table::roots, key, row));
      case Table::leases:
        return is_row<LeaseRow>(without_name(Table::leases, key, row));
      case Table::uses:
        return key.size() == kIdKey && is_whole_use(row);
      default:
        return false;
    }
  } catch (const Error&) {
    return false;
  }
}

/// Visits the readable rows of the environment; none if there is no readable environment.
void salvage_from(int root, const std::string& directory,
                  const std::function<void(std::string_view, std::string_view)>& visit) {
  try {
    if (const auto environment = Environment::open(root, directory, Environment::Mode::read_only))
      environment->pages().salvage(visit);
  } catch (const Error&) {
    return;
  }
}

std::optional<VolatileEntry> try_parse_entry(std::string_view bytes) {
  try {
    return parse_entry(bytes);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string make_environment_aside(int root, Environment::Mode mode, const Rows& rows) {
  make_directory_if_missing(root, store_paths::kTmp, 0700);
  std::string aside = std::string(store_paths::kTmp) + "/index-" + random_name();
  try {
    Environment::create(root, aside, mode);
    if (!rows.empty()) put_all(root, aside, mode, rows);
  } catch (...) {
    remove_quietly(root, aside);
    throw;
  }
  return aside;
}

void make_environment(int root, const std::string& directory, Environment::Mode mode, const Rows& rows) {
  const std::string aside = make_environment_aside(root, mode, rows);
  try {
    rename_at(root, aside, root, directory);
  } catch (...) {
    remove_quietly(root, aside);
    throw;
  }
  if (mode == Environment::Mode::synced) sync_directory(root, ".");
}

Salvaged salvage(int root, const std::string& durable, const std::string& volatile_side) {
  std::map<std::string, std::string, std::less<>> rows;
  Salvaged salvaged;
  salvage_from(root, durable, [&](std::string_view key, std::string_view row) {
    if (!key.empty() && is_worth_keeping(key, row)) rows.insert_or_assign(std::string(key), std::string(row));
  });
  salvage_from(root, volatile_side, [&](std::string_view key, std::string_view bytes) {
    const auto entry = try_parse_entry(bytes);
    if (key.empty() || !entry) return;
    if (entry->state == VolatileEntry::State::erased)
      rows.erase(std::string(key));
    else if (!is_worth_keeping(key, entry->row))
      return;
    else if (has_durable_side(key))
      rows.insert_or_assign(std::string(key), std::string(entry->row));
    else
      salvaged.leases.emplace_back(key, entry->row);
  });
  salvaged.durable.assign(rows.begin(), rows.end());
  return salvaged;
}

namespace {

std::pair<std::string, std::string> unfinished_rebuild() {
  Encoder row;
  row.text(kUnfinishedRebuild);
  // The time in the future keeps rules that remove old documents from removing this row.
  row.raw(encode(DocumentRow{.etag = {},
                             .fetched_at_ns = std::numeric_limits<std::int64_t>::max(),
                             .fresh_until_ns = 0,
                             .body = {}}));
  return {key_of(Table::documents, kUnfinishedRebuild), row.finish()};
}

Rows as_entries(const Rows& rows) {
  constexpr std::uint64_t kFirstTransaction = 1;
  Rows entries;
  for (const auto& [key, row] : rows)
    entries.emplace_back(key,
                         make_entry({VolatileEntry::State::row, kFirstTransaction, kFirstTransaction, row}));
  return entries;
}

/// Moves the file or directory at `path`, if any, to trash, whatever its type and mode.
void move_away(int root, const std::string& path) {
  const auto stamp = stat_at(root, path, Links::do_not_follow);
  if (!stamp) return;
  // An unwritable folder cannot be moved to another parent.
  if (stamp->is_directory()) (void)fchmodat(root, path.c_str(), 0700, 0);
  envstore::move_away(root, path, std::string(store_paths::kTrash) + "/index-" + random_name());
}

void require_directory(int root, const char* folder) {
  const auto stamp = stat_at(root, folder, Links::do_not_follow);
  if (stamp && !stamp->is_directory()) move_away(root, folder);
  make_directory_if_missing(root, folder, 0700);
}

/// Exchanges the two in one step, so that a process killed here leaves one of them at `directory`.
void exchange(int root, const std::string& aside, const std::string& directory) {
  if (renameat2(root, aside.c_str(), root, directory.c_str(), RENAME_EXCHANGE) == 0) {
    move_away(root, aside);
  } else {
    move_away(root, directory);
    rename_at(root, aside, root, directory);
  }
  sync_directory(root, ".");
}

}  // namespace

void check_environments(int root, Turnstile::Access access) {
  const bool is_writable = access == Turnstile::Access::read_write;
  {
    std::optional<FileLock> no_writer;
    if (is_writable) no_writer = durable_lock(root, LockMode::shared);
    if (const auto durable = Environment::open(root, store_paths::kIndex, Environment::Mode::read_only))
      durable->check_all();
  }
  Turnstile turnstile(root, access);
  const Turnstile::Hold no_writer = turnstile.acquire(LockMode::shared);
  if (const auto volatile_side =
          Environment::open(root, volatile_directory_of_this_boot(), Environment::Mode::read_only))
    volatile_side->check_all();
}

void make_lockable(int root) {
  require_directory(root, store_paths::kTrash);
  require_directory(root, store_paths::kLocks);
  for (const DirectoryEntry& entry : list_directory(root, store_paths::kLocks)) {
    const std::string path = std::string(store_paths::kLocks) + "/" + entry.name;
    const auto stamp = stat_at(root, path, Links::do_not_follow);
    if (stamp && !stamp->is_regular()) move_away(root, path);
  }
}

}  // namespace index

void Index::recreate() {
  using index::Environment;
  impl_->require_same_process();
  const int root = impl_->root;
  index::make_lockable(root);
  const index::DurableTurn no_other_writer(*impl_);
  const index::Turnstile::Hold hold = impl_->turnstile.acquire(LockMode::exclusive);
  index::require_directory(root, store_paths::kTmp);
  index::require_directory(root, store_paths::kVolatile);
  const std::string volatile_side = index::volatile_directory_of_this_boot();
  index::Salvaged salvaged = index::salvage(root, store_paths::kIndex, volatile_side);
  salvaged.durable.push_back(index::unfinished_rebuild());
  const std::string new_durable =
      index::make_environment_aside(root, Environment::Mode::synced, salvaged.durable);
  const std::string new_volatile =
      index::make_environment_aside(root, Environment::Mode::unsynced, index::as_entries(salvaged.leases));
  index::exchange(root, new_durable, store_paths::kIndex);
  index::exchange(root, new_volatile, volatile_side);
}

}  // namespace envstore

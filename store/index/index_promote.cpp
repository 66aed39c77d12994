#include <unistd.h>
#include <cerrno>

#include "store/index/index_durable.h"
#include "store/index/index_state.h"
#include "store/index/lock_time_slice.h"
#include "store/platform/error.h"
#include "store/platform/path_names.h"
#include "store/platform/store_paths.h"

namespace envstore {

using index::Cursor;
using index::DurableTurn;
using index::Environment;
using index::Table;
using index::Transaction;
using index::VolatileEntry;

namespace {

// Limits of a batch, which is held in memory and needs one wait for the disk.
constexpr std::size_t kRowsABatch = 20'000;
constexpr std::size_t kBytesABatch = std::size_t{8} << 20;

/// Erasures are promoted first and in reverse key order: a row that refers to others is erased before them,
/// because its table comes after theirs.
enum class Pass { erasures_backwards, rows_forwards };

enum class Pending { nothing, uses_only, rows };

struct Outlook {
  Pending pending = Pending::nothing;
  std::uint64_t last_transaction = 0;
  std::shared_ptr<Environment> environment;
};

/// The changes of one durable transaction.
struct Batch {
  std::vector<DurableTurn::Change> changes;
  std::vector<index::Written> entries;  ///< the volatile entry of each change
  std::size_t bytes = 0;

  void add(std::string_view key, const VolatileEntry& entry) {
    const bool is_row = entry.state == VolatileEntry::State::row;
    changes.emplace_back(key, is_row ? std::optional(std::string(entry.row)) : std::nullopt);
    entries.push_back({std::string(key), entry.transaction});
    bytes += key.size() + entry.row.size();
  }
  bool is_full() const { return entries.size() >= kRowsABatch || bytes >= kBytesABatch; }
};

/// True if rows of other tables refer to rows of this table. A row that was written again after the syncfs
/// cannot be promoted with the others (its file may not be on disk), and must not be missing where a row that
/// refers to it is durable.
bool is_named(std::string_view key) {
  const char table = key.front();
  return table == static_cast<char>(Table::blobs) || table == static_cast<char>(Table::trees) ||
         table == static_cast<char>(Table::snapshots);
}

/// Promotes the entries that the volatile side had up to one transaction.
class Promotion {
 public:
  enum class End {
    all,
    overtaken
  };  ///< overtaken: a row with is_named() was written again; the rest needs a new syncfs

  Promotion(Index::Impl& impl, const Outlook& outlook)
      : impl_(impl), environment_(outlook.environment), last_transaction_(outlook.last_transaction) {}

  End run(Pass pass) {
    std::string position = pass == Pass::rows_forwards ? std::string(1, '\0') : std::string(1, '\xff');
    while (true) {
      Batch batch;
      const Step step = carry(pass, position, batch);
      index::forget(impl_, environment_, batch.entries);
      if (step != Step::more) return step == Step::end ? End::all : End::overtaken;
    }
  }

 private:
  enum class Step { more, end, overtaken };

  /// Holds the turn from reading the rows to their commit, so that no other process writes the durable side
  /// in between.
  Step carry(Pass pass, std::string& position, Batch& batch) {
    std::shared_ptr<Environment> durable;
    Step step = Step::more;
    {
      DurableTurn turn(impl_);
      while (step == Step::more && !batch.is_full()) step = collect(pass, position, batch);
      if (batch.entries.empty()) return step;
      durable = turn.commit(batch.changes);
    }
    durable->sync();
    return step;
  }

  /// Holds the lock once. `position`: the key at which the next call begins.
  Step collect(Pass pass, std::string& position, Batch& batch) const {
    const index::Turnstile::Hold hold = impl_.lock(LockMode::shared);
    if (impl_.volatile_side() != environment_) return Step::end;  // created again: the numbers are unrelated
    const LockTimeSlice slice;
    Transaction volatile_side(environment_, Transaction::Kind::read);
    Cursor cursor(volatile_side);
    const bool forwards = pass == Pass::rows_forwards;
    for (auto here = forwards ? cursor.at_or_after(position) : cursor.before(position); here;
         here = forwards ? cursor.next() : cursor.previous()) {
      const auto [key, bytes] = *here;
      const VolatileEntry entry = index::parse_entry(bytes);
      if (forwards && is_overtaken(key, entry)) return Step::overtaken;
      if (is_wanted(pass, key, entry)) batch.add(key, entry);
      position.assign(key);  // `before` excludes it
      if (forwards) position.push_back('\0');
      if (slice.is_over() || batch.is_full()) return Step::more;
    }
    return Step::end;
  }

  bool is_wanted(Pass pass, std::string_view key, const VolatileEntry& entry) const {
    const auto wanted =
        pass == Pass::rows_forwards ? VolatileEntry::State::row : VolatileEntry::State::erased;
    return index::has_durable_side(key) && entry.state == wanted && entry.transaction <= last_transaction_;
  }

  bool is_overtaken(std::string_view key, const VolatileEntry& entry) const {
    return is_named(key) && entry.state == VolatileEntry::State::row && entry.first <= last_transaction_ &&
           entry.transaction > last_transaction_;
  }

  Index::Impl& impl_;
  const std::shared_ptr<Environment> environment_;
  const std::uint64_t last_transaction_;
};

std::optional<FileLock> promoter_lock(int root, Index::Wait wait) {
  make_directory_if_missing(root, store_paths::kLocks, 0700);
  const std::string name = store_paths::kPromoteLock;
  if (wait == Index::Wait::yes) return FileLock::wait(root, name, LockMode::exclusive);
  return FileLock::attempt(root, name, LockMode::exclusive);
}

Outlook outlook_of(Index::Impl& impl) {
  const index::Turnstile::Hold hold = impl.lock(LockMode::shared);
  auto environment = impl.volatile_side();
  if (!environment) return {};
  Transaction volatile_side(environment, Transaction::Kind::read);
  Cursor cursor(volatile_side);
  Outlook outlook{
      .pending = Pending::nothing, .last_transaction = volatile_side.number(), .environment = environment};
  const auto first = cursor.at_or_after(std::string_view("\0", 1));
  if (first && !index::is_volatile(first->first)) {
    outlook.pending = Pending::rows;
  } else if (const auto use = cursor.at_or_after(key_of(index::Table::uses))) {
    if (use->first.starts_with(key_of(index::Table::uses))) outlook.pending = Pending::uses_only;
  }
  return outlook;
}

}  // namespace

bool Index::has_unpromoted() const {
  return outlook_of(*impl_).pending == Pending::rows;
}

bool Index::promote(Wait wait) {
  if (impl_->access == Access::read_only) return true;
  const Pending enough = wait == Wait::yes ? Pending::uses_only : Pending::rows;
  if (outlook_of(*impl_).pending < enough) return true;
  const std::optional<FileLock> only_promoter = promoter_lock(impl_->root, wait);
  if (!only_promoter) return false;
  while (true) {
    const Outlook outlook = outlook_of(*impl_);
    if (outlook.pending < enough) return true;
    // The files must be on disk before the rows that name them. Outside the lock, so that no other process
    // waits for this.
    if (syncfs(impl_->root) != 0) captured_errno().fail("sync", named(impl_->root, ""));
    Promotion promotion(*impl_, outlook);
    promotion.run(Pass::erasures_backwards);
    if (promotion.run(Pass::rows_forwards) == Promotion::End::all) return true;
  }
}

void Index::promote_erasures() {
  const Outlook outlook = outlook_of(*impl_);
  if (outlook.environment) Promotion(*impl_, outlook).run(Pass::erasures_backwards);
}

}  // namespace envstore

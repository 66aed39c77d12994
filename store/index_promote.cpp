#include <unistd.h>
#include <cerrno>

#include "store/index_state.h"
#include "store/layout.h"
#include "store/platform/error.h"
#include "store/platform/path_names.h"

namespace envstore {

using index::Cursor;
using index::Environment;
using index::Transaction;
using index::VolatileEntry;

namespace {

// A batch holds the lock for its writes and for one wait for the disk.
constexpr std::size_t kRowsABatch = 1000;
constexpr std::size_t kBytesABatch = std::size_t{1} << 20;

/// Erasures go first and from the end: what names others goes before what it names, as rows come after it.
enum class Pass { erasures_backwards, rows_forwards };

enum class Pending { nothing, uses_only, rows };

struct Outlook {
  Pending pending = Pending::nothing;
  std::uint64_t last_transaction = 0;
  std::shared_ptr<Environment> environment;
};

struct Promoted {
  std::string key;
  std::uint64_t transaction;
};

struct Batch {
  std::vector<Promoted> entries;
  std::string resume;  ///< where the next one begins
  bool is_last = true;
};

class Promotion {
 public:
  Promotion(Index::Impl& impl, const Outlook& outlook)
      : impl_(impl), environment_(outlook.environment), last_transaction_(outlook.last_transaction) {}

  void run(Pass pass) {
    std::string resume = pass == Pass::rows_forwards ? std::string() + '\0' : std::string(1, '\xff');
    while (true) {
      Batch batch = copy(pass, resume);
      settle(batch);
      if (batch.is_last) return;
      resume = std::move(batch.resume);
    }
  }

 private:
  /// Volatile entries of the pass that were there before the syncfs, into the durable environment.
  Batch copy(Pass pass, const std::string& resume) {
    const index::Turnstile::Hold hold = impl_.lock(LockMode::exclusive);
    if (impl_.recent() != environment_) return {};  // the index was made anew: its numbers mean other things
    Transaction recent(environment_, Transaction::Kind::read);
    const Batch batch = collect(recent, pass, resume);
    if (batch.entries.empty()) return batch;
    Transaction durable(impl_.durable(Environment::Mode::synced), Transaction::Kind::write);
    for (const Promoted& promoted : batch.entries) {
      const VolatileEntry entry = index::parse_entry(recent.get(promoted.key).value());
      if (entry.state == VolatileEntry::State::row)
        durable.put(promoted.key, entry.row);
      else
        durable.erase(promoted.key);
    }
    durable.commit();
    return batch;
  }

  Batch collect(Transaction& recent, Pass pass, const std::string& resume) const {
    Batch batch;
    Cursor cursor(recent);
    std::size_t bytes = 0, seen = 0;
    const bool forwards = pass == Pass::rows_forwards;
    const auto wanted = forwards ? VolatileEntry::State::row : VolatileEntry::State::erased;
    for (auto here = forwards ? cursor.at_or_after(resume) : cursor.before(resume); here;
         here = forwards ? cursor.next() : cursor.previous()) {
      batch.resume = here->first;
      if (++seen > 20 * kRowsABatch || batch.entries.size() == kRowsABatch || bytes > kBytesABatch) {
        if (!forwards) batch.resume.push_back('\0');  // `before` excludes it
        batch.is_last = false;
        break;
      }
      const VolatileEntry entry = index::parse_entry(here->second);
      if (!index::has_durable_side(here->first) || entry.state != wanted ||
          entry.transaction > last_transaction_)
        continue;
      batch.entries.push_back({std::string(here->first), entry.transaction});
      bytes += here->second.size();
    }
    return batch;
  }

  /// Once they are on disk to stay, the entries leave the volatile side, unless they were written again
  /// meanwhile.
  void settle(const Batch& batch) {
    if (batch.entries.empty()) return;
    impl_.durable(Environment::Mode::synced)->sync();
    const index::Turnstile::Hold hold = impl_.lock(LockMode::exclusive);
    if (impl_.recent() != environment_) return;
    Transaction recent(environment_, Transaction::Kind::write);
    for (const Promoted& promoted : batch.entries) {
      const auto bytes = recent.get(promoted.key);
      if (bytes && index::parse_entry(*bytes).transaction == promoted.transaction) recent.erase(promoted.key);
    }
    recent.commit();
  }

  Index::Impl& impl_;
  const std::shared_ptr<Environment> environment_;
  const std::uint64_t last_transaction_;
};

std::optional<FileLock> promoter_lock(int root, Index::Wait wait) {
  make_directory_if_missing(root, layout::kLocks, 0700);
  const std::string name = std::string(layout::kLocks) + "/promote.lock";
  if (wait == Index::Wait::yes) return FileLock::wait(root, name, LockMode::exclusive);
  return FileLock::attempt(root, name, LockMode::exclusive);
}

Outlook outlook_of(Index::Impl& impl) {
  const index::Turnstile::Hold hold = impl.lock(LockMode::shared);
  auto environment = impl.recent();
  if (!environment) return {};
  Transaction recent(environment, Transaction::Kind::read);
  Cursor cursor(recent);
  Outlook outlook{
      .pending = Pending::nothing, .last_transaction = recent.number(), .environment = environment};
  const auto first = cursor.at_or_after(std::string_view("\0", 1));
  if (first && !index::is_volatile(first->first)) {
    outlook.pending = Pending::rows;
  } else if (const auto use = cursor.at_or_after(key_of(index::Table::uses))) {
    if (use->first.starts_with(key_of(index::Table::uses))) outlook.pending = Pending::uses_only;
  }
  return outlook;
}

}  // namespace

bool Index::has_unpromoted() {
  return outlook_of(*impl_).pending == Pending::rows;
}

bool Index::promote(Wait wait) {
  if (impl_->access == Access::read_only) return true;
  const Pending enough = wait == Wait::yes ? Pending::uses_only : Pending::rows;
  if (outlook_of(*impl_).pending < enough) return true;
  const std::optional<FileLock> only_promoter = promoter_lock(impl_->root, wait);
  if (!only_promoter) return false;
  const Outlook outlook = outlook_of(*impl_);
  if (outlook.pending < enough) return true;
  // Files before the rows that name them. Outside the lock: this is the wait that nobody shares.
  if (syncfs(impl_->root) != 0) throw_errno(errno, "sync", named(impl_->root, ""));
  Promotion promotion(*impl_, outlook);
  promotion.run(Pass::erasures_backwards);
  promotion.run(Pass::rows_forwards);
  return true;
}

}  // namespace envstore

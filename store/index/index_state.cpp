#include "store/index/index_state.h"

#include <unistd.h>
#include <stdexcept>

#include "store/index/index_durable.h"
#include "store/index/index_merge.h"
#include "store/platform/error.h"

namespace envstore {

using index::Environment;
using index::Transaction;
using index::VolatileEntry;

namespace {

LockMode lock_mode_of(Index::Read::State::Kind kind) {
  using Kind = Index::Read::State::Kind;
  return kind == Kind::read || kind == Kind::sliced_read ? LockMode::shared : LockMode::exclusive;
}

}  // namespace

Index::Read::State::State(Impl& owner, Kind wanted) : impl(owner), kind(wanted) {
  if (!is_reading() && owner.access == Access::read_only)
    throw Error(ErrorKind::permission, "cannot write the index: the store is read-only", kWritableStoreHint);
  begin();
}

void Index::Read::State::begin() {
  open_transactions();
  // Without a volatile side the store is read-only, so there are no writers.
  if (!volatile_ || index::is_published(*volatile_, *durable_)) return;
  end();
  no_writer_ = index::wait_until_published(impl);
  open_transactions();
}

void Index::Read::State::open_transactions() {
  hold_ = impl.lock(lock_mode_of(kind));
  slice_ = LockTimeSlice();
  environment_ = impl.volatile_side();
  if (environment_)
    volatile_.emplace(environment_, is_reading() ? Transaction::Kind::read : Transaction::Kind::write);
  durable_.emplace(impl.durable(Environment::Mode::read_only), Transaction::Kind::read);
}

void Index::Read::State::end() noexcept {
  durable_.reset();
  volatile_.reset();
  hold_.release();
  no_writer_.reset();
}

bool Index::Read::State::is_slice_over() const {
  return kind == Kind::sliced_read && slice_.is_over();
}

void Index::Read::State::begin_slice() {
  end();
  begin();
}

Index::Read::State::~State() = default;

std::optional<std::string_view> Index::Read::State::get(const std::string& key) {
  if (volatile_) {
    if (const auto bytes = volatile_->get(key)) {
      const VolatileEntry entry = index::parse_entry(*bytes);
      if (entry.state == VolatileEntry::State::erased) return std::nullopt;
      return entry.row;
    }
  }
  if (!index::has_durable_side(key)) return std::nullopt;
  return durable().get(key);
}

void Index::Read::State::remember(const std::string& key, std::optional<std::string_view> entry) {
  if (kind == Kind::durable_write)
    before_.push_back({key, entry ? std::optional<std::string>(*entry) : std::nullopt});
}

void Index::Read::State::put(const std::string& key, std::string_view row) {
  const auto bytes = volatile_->get(key);
  remember(key, bytes);
  const std::uint64_t number = volatile_->number();
  std::uint64_t first = number;
  if (bytes) {
    const VolatileEntry entry = index::parse_entry(*bytes);
    if (entry.state == VolatileEntry::State::row) first = entry.first;
  }
  volatile_->put(key, index::make_entry({VolatileEntry::State::row, first, number, row}));
}

/// Leaves an erased entry even if the durable side does not have the row yet: a promotion may be writing it.
void Index::Read::State::erase(const std::string& key) {
  const auto bytes = volatile_->get(key);
  const bool has_durable_side = index::has_durable_side(key);
  if (!bytes && !(has_durable_side && durable().get(key))) return;
  remember(key, bytes);
  const std::uint64_t number = volatile_->number();
  if (has_durable_side)
    volatile_->put(key, index::make_entry({VolatileEntry::State::erased, number, number, {}}));
  else
    volatile_->erase(key);
}

void Index::Read::State::each(const std::string& prefix,
                              const std::function<bool(std::string_view, std::string_view)>& visit) {
  std::string from = prefix;
  while (each_of_slice(prefix, from, visit)) begin_slice();
}

/// True: the slice is over, and the next slice begins at `from`.
bool Index::Read::State::each_of_slice(const std::string& prefix, std::string& from,
                                       const std::function<bool(std::string_view, std::string_view)>& visit) {
  index::MergedRows rows(*this, prefix, from);
  while (const auto entry = rows.here()) {
    from.assign(entry->first).push_back('\0');
    if (!visit(entry->first, entry->second)) return false;
    if (is_slice_over()) return true;
    if (is_reading())
      rows.next();
    else  // `visit` may have erased the row or moved pages
      rows.seek(from);
  }
  return false;
}

/// Commits the volatile side first: a process that dies between the two commits has done an ordinary write,
/// which loses nothing.
void Index::Read::State::commit() {
  if (is_reading() || !volatile_) throw std::logic_error("this transaction has nothing to commit");
  impl.require_same_process();
  const std::uint64_t number = volatile_->number();
  volatile_->commit();
  end();
  if (kind == Kind::durable_write) make_durable(number);
}

void Index::Read::State::make_durable(std::uint64_t number) {
  std::vector<index::Written> written;
  for (const Before& before : before_)
    if (index::has_durable_side(before.key)) written.push_back({before.key, number});
  try {
    index::make_durable(impl, environment_, written);
  } catch (...) {
    put_back(number);
    throw;
  }
  try {
    index::forget(impl, environment_, written);
  } catch (const Error&) {
    // The entries are promoted once more, which is harmless.
  }
}

/// Called when the durable side could not be written: restores the volatile entries, except those that were
/// written again since.
void Index::Read::State::put_back(std::uint64_t number) noexcept {
  try {
    const index::Turnstile::Hold hold = impl.lock(LockMode::exclusive);
    if (impl.volatile_side() != environment_) return;
    Transaction undo(environment_, Transaction::Kind::write);
    for (auto change = before_.rbegin(); change != before_.rend(); ++change) {
      const auto bytes = undo.get(change->key);
      if (bytes && index::parse_entry(*bytes).transaction != number) continue;
      if (change->entry)
        undo.put(change->key, *change->entry);
      else
        undo.erase(change->key);
    }
    undo.commit();
  } catch (...) {
    // The rows stay as unpromoted ones; the caller gets the first error.
  }
}

}  // namespace envstore

#include "store/index_state.h"

#include <unistd.h>
#include <stdexcept>

#include "store/index_merge.h"
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

/// How long a sliced read keeps a run from its lease.
constexpr std::chrono::milliseconds kSlice{2};

}  // namespace

Index::Read::State::State(Impl& owner, Kind wanted) : impl(owner), kind(wanted) {
  if (!is_reading() && owner.access == Access::read_only)
    throw Error(ErrorKind::permission, "cannot write the index: the store is read-only", kWritableStoreHint);
  begin();
}

void Index::Read::State::begin() {
  hold_ = impl.lock(lock_mode_of(kind));
  if (kind == Kind::sliced_read) slice_ends_ = std::chrono::steady_clock::now() + kSlice;
  if (auto environment = impl.recent())
    recent_.emplace(std::move(environment),
                    is_reading() ? Transaction::Kind::read : Transaction::Kind::write);
}

bool Index::Read::State::is_slice_over() const {
  return kind == Kind::sliced_read && std::chrono::steady_clock::now() >= slice_ends_;
}

void Index::Read::State::begin_slice() {
  durable_.reset();
  recent_.reset();
  hold_.release();
  begin();
}

Index::Read::State::~State() = default;

Transaction& Index::Read::State::durable() {
  if (!durable_) {
    const bool writes = kind == Kind::durable_write;
    auto environment = impl.durable(writes ? Environment::Mode::synced : Environment::Mode::read_only);
    durable_.emplace(std::move(environment), writes ? Transaction::Kind::write : Transaction::Kind::read);
  }
  return *durable_;
}

std::optional<std::string_view> Index::Read::State::get(const std::string& key) {
  if (recent_) {
    if (const auto bytes = recent_->get(key)) {
      const VolatileEntry entry = index::parse_entry(*bytes);
      if (entry.state == VolatileEntry::State::erased) return std::nullopt;
      return entry.row;
    }
  }
  if (!index::has_durable_side(key)) return std::nullopt;
  return durable().get(key);
}

void Index::Read::State::remember(const std::string& key) {
  if (kind != Kind::durable_write) return;
  const auto bytes = recent_->get(key);
  before_.emplace_back(key, bytes ? std::optional<std::string>(*bytes) : std::nullopt);
}

void Index::Read::State::put(const std::string& key, std::string_view row) {
  remember(key);
  recent_->put(key, index::make_entry(VolatileEntry::State::row, recent_->number(), row));
  if (kind == Kind::durable_write && index::has_durable_side(key)) durable().put(key, row);
}

void Index::Read::State::erase(const std::string& key) {
  remember(key);
  const bool hides = index::has_durable_side(key) && durable().get(key).has_value();
  if (!hides)
    recent_->erase(key);
  else
    recent_->put(key, index::make_entry(VolatileEntry::State::erased, recent_->number(), {}));
  if (hides && kind == Kind::durable_write) durable().erase(key);
}

void Index::Read::State::each(const std::string& prefix,
                              const std::function<bool(std::string_view, std::string_view)>& visit) {
  std::string from = prefix;
  while (each_of_slice(prefix, from, visit)) begin_slice();
}

/// True: the slice is over, and the next one begins at `from`.
bool Index::Read::State::each_of_slice(const std::string& prefix, std::string& from,
                                       const std::function<bool(std::string_view, std::string_view)>& visit) {
  index::MergedRows rows(*this, prefix, from);
  while (const auto entry = rows.here()) {
    from.assign(entry->first).push_back('\0');
    if (!visit(entry->first, entry->second)) return false;
    if (is_slice_over()) return true;
    if (is_reading())
      rows.next();
    else  // what was visited may be gone, and pages may have moved
      rows.seek(from);
  }
  return false;
}

/// The volatile side first: whoever dies between the two has done an ordinary write, which loses nothing.
void Index::Read::State::commit() {
  if (is_reading() || !recent_) throw std::logic_error("this transaction has nothing to commit");
  impl.require_same_process();
  if (kind == Kind::durable_write) durable();
  recent_->commit();
  recent_.reset();
  if (kind == Kind::durable_write) {
    try {
      durable_->commit();
    } catch (...) {
      durable_.reset();
      put_back();
      throw;
    }
    durable_.reset();
    drop_volatile_copies();
    auto environment = impl.durable(Environment::Mode::synced);
    hold_.release();
    environment->sync();
    return;
  }
  durable_.reset();
  hold_.release();
}

/// The durable side could not be written: the volatile one gets back what it had.
void Index::Read::State::put_back() noexcept {
  try {
    Transaction undo(impl.recent(), Transaction::Kind::write);
    for (auto change = before_.rbegin(); change != before_.rend(); ++change) {
      if (change->second)
        undo.put(change->first, *change->second);
      else
        undo.erase(change->first);
    }
    undo.commit();
  } catch (...) {
    // The rows stay as unpromoted ones; the caller learns of the first failure.
  }
}

/// What is durable now need not be promoted. Where this fails, promotion does it again, which is harmless.
void Index::Read::State::drop_volatile_copies() noexcept {
  try {
    Transaction cleaning(impl.recent(), Transaction::Kind::write);
    for (const auto& change : before_)
      if (index::has_durable_side(change.first)) cleaning.erase(change.first);
    cleaning.commit();
  } catch (...) {
    return;
  }
}

}  // namespace envstore

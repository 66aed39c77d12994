#include "store/index_state.h"

#include <unistd.h>
#include <stdexcept>

#include "store/platform/error.h"

namespace envstore {

using index::Cursor;
using index::Environment;
using index::Transaction;
using index::VolatileEntry;

namespace {

LockMode lock_mode_of(Index::Read::State::Kind kind) {
  return kind == Index::Read::State::Kind::read ? LockMode::shared : LockMode::exclusive;
}

/// A cursor and what it stands on, within one prefix.
class Side {
 public:
  Side(Transaction* transaction, const std::string& prefix) : prefix_(prefix) {
    if (transaction != nullptr) cursor_.emplace(*transaction);
    seek(prefix);
  }
  void seek(std::string_view key) {
    if (cursor_) keep(cursor_->at_or_after(key));
  }
  void next() {
    if (here_) keep(cursor_->next());
  }
  const std::optional<Cursor::Entry>& here() const { return here_; }

 private:
  void keep(const std::optional<Cursor::Entry>& entry) {
    here_ = entry && entry->first.starts_with(prefix_) ? entry : std::nullopt;
  }
  const std::string& prefix_;
  std::optional<Cursor> cursor_;
  std::optional<Cursor::Entry> here_;
};

}  // namespace

Index::Read::State::State(Impl& owner, Kind wanted) : impl(owner), kind(wanted) {
  if (kind != Kind::read && owner.access == Access::read_only)
    throw Error(ErrorKind::permission, "cannot write the index: the store is read-only", kWritableStoreHint);
  hold_ = owner.lock(lock_mode_of(kind));
  if (auto environment = owner.recent())
    recent_.emplace(std::move(environment),
                    kind == Kind::read ? Transaction::Kind::read : Transaction::Kind::write);
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
  Side recent(this->recent(), prefix);
  Side settled(index::has_durable_side(prefix) ? &durable() : nullptr, prefix);
  while (recent.here() || settled.here()) {
    const bool from_recent =
        recent.here() && (!settled.here() || recent.here()->first <= settled.here()->first);
    const Cursor::Entry entry = from_recent ? *recent.here() : *settled.here();
    const std::string key(entry.first);
    std::optional<std::string_view> row = entry.second;
    if (from_recent) {
      const VolatileEntry parsed = index::parse_entry(entry.second);
      row = parsed.state == VolatileEntry::State::row ? std::optional(parsed.row) : std::nullopt;
    }
    if (row && !visit(key, *row)) return;
    if (kind == Kind::read) {
      if (settled.here() && settled.here()->first == key) settled.next();
      if (from_recent) recent.next();
    } else {  // what was visited may be gone, and pages may have moved
      const std::string after = key + '\0';
      recent.seek(after);
      settled.seek(after);
    }
  }
}

/// The volatile side first: whoever dies between the two has done an ordinary write, which loses nothing.
void Index::Read::State::commit() {
  if (kind == Kind::read || !recent_) throw std::logic_error("this transaction has nothing to commit");
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

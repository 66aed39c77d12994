#include "store/index/index_durable.h"

#include "store/index/lock_time_slice.h"
#include "store/platform/codec.h"
#include "store/platform/error.h"
#include "store/platform/store_paths.h"

namespace envstore::index {

FileLock durable_lock(int root, LockMode mode) {
  make_directory_if_missing(root, store_paths::kLocks, 0700);
  return FileLock::wait(root, store_paths::kDurableLock, mode);
}

namespace {

void publish(Transaction& volatile_side, std::uint64_t number) {
  Encoder row;
  row.number(number);
  volatile_side.put(key_of(Table::published), make_entry({VolatileEntry::State::row, volatile_side.number(),
                                                          volatile_side.number(), row.finish()}));
}

/// The entry, if it was not written again since `written` was read.
std::optional<VolatileEntry> unchanged(Transaction& volatile_side, const Written& written) {
  const auto bytes = volatile_side.get(written.key);
  if (!bytes) return std::nullopt;
  const VolatileEntry entry = parse_entry(*bytes);
  return entry.transaction == written.transaction ? std::optional(entry) : std::nullopt;
}

}  // namespace

DurableTurn::DurableTurn(Index::Impl& impl)
    : impl_(impl), lock_(durable_lock(impl.root, LockMode::exclusive)) {}

std::shared_ptr<Environment> DurableTurn::commit(const std::vector<Change>& changes) {
  const auto environment = impl_.durable(Environment::Mode::synced);
  Transaction durable(environment, Transaction::Kind::write);
  const std::uint64_t number = durable.number();
  for (const auto& [key, row] : changes) {
    if (row)
      durable.put(key, *row);
    else
      durable.erase(key);
  }
  durable.commit();
  const Turnstile::Hold older_readers_have_ended = impl_.lock(LockMode::exclusive);
  try {
    Transaction volatile_side(impl_.volatile_side(), Transaction::Kind::write);
    publish(volatile_side, number);
    volatile_side.commit();
  } catch (const Error&) {
    // The commit is done even if the volatile side cannot be written; the next reader publishes it.
  }
  return environment;
}

bool is_published(Transaction& volatile_side, const Transaction& durable) {
  const auto bytes = volatile_side.get(key_of(Table::published));
  if (!bytes) return false;
  Decoder row(parse_entry(*bytes).row);
  const auto number = row.number<std::uint64_t>();
  row.finish();
  return number == durable.number();
}

FileLock wait_until_published(Index::Impl& impl) {
  FileLock no_writer = durable_lock(impl.root, LockMode::shared);
  const Turnstile::Hold hold = impl.lock(LockMode::exclusive);
  const Transaction durable(impl.durable(Environment::Mode::read_only), Transaction::Kind::read);
  try {
    Transaction volatile_side(impl.volatile_side(), Transaction::Kind::write);
    if (is_published(volatile_side, durable)) return no_writer;
    publish(volatile_side, durable.number());
    volatile_side.commit();
  } catch (const Error&) {
    // The disk may be full. Publishing is not required: while the returned lock is held, there is no newer
    // commit.
  }
  return no_writer;
}

void forget(Index::Impl& impl, const std::shared_ptr<Environment>& volatile_side,
            const std::vector<Written>& entries) {
  for (auto here = entries.begin(); here != entries.end();) {
    const Turnstile::Hold hold = impl.lock(LockMode::exclusive);
    if (impl.volatile_side() != volatile_side) return;
    const LockTimeSlice slice;
    Transaction cleaning(volatile_side, Transaction::Kind::write);
    for (; here != entries.end() && !slice.is_over(); ++here)
      if (unchanged(cleaning, *here)) cleaning.erase(here->key);
    cleaning.commit();
  }
}

void make_durable(Index::Impl& impl, const std::shared_ptr<Environment>& volatile_side,
                  const std::vector<Written>& entries) {
  std::shared_ptr<Environment> environment;
  {
    DurableTurn turn(impl);
    std::vector<DurableTurn::Change> changes;
    {
      const Turnstile::Hold hold = impl.lock(LockMode::shared);
      if (impl.volatile_side() != volatile_side)
        throw Error(ErrorKind::busy, "the index was replaced while it was written to", "try again");
      Transaction reading(volatile_side, Transaction::Kind::read);
      for (const Written& written : entries) {
        const auto entry = unchanged(reading, written);
        if (!entry) continue;
        const bool is_row = entry->state == VolatileEntry::State::row;
        changes.emplace_back(written.key, is_row ? std::optional(std::string(entry->row)) : std::nullopt);
      }
    }
    environment = turn.commit(changes);
  }
  environment->sync();
}

}  // namespace envstore::index

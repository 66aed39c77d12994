#pragma once
#include <span>
#include <string>
#include <string_view>

#include "store/platform/digest.h"

namespace envstore::index {

/// The first byte of every key: one B-tree holds all tables (docs/FORMAT.md says why). Do not change the
/// values. What a row names stands in a table with a smaller number, so that a promotion cut short never
/// leaves a durable row that names one which is not. Tables from `kFirstVolatile` on live in the volatile
/// environment.
enum class Table : std::uint8_t {
  blobs = 1,
  trees = 2,
  blob_trees = 3,
  wheels = 4,
  interpreters = 5,
  documents = 6,
  snapshots = 7,
  tree_snapshots = 8,
  requests = 9,
  memos = 10,
  roots = 11,
  deleting = 12,
  leases = 0x80,
  condemned = 0x81,
  uses = 0x82,       ///< carried to the durable side by a promotion that has other things to do
  published = 0x83,  ///< one row: the durable transaction that readers may see (store/index/index_durable.h)
};
inline constexpr char kFirstVolatile = static_cast<char>(0x80);

std::string key_of(Table table);  ///< the prefix of the whole table
std::string key_of(Table table, std::span<const std::uint8_t> bytes);
/// Text that is too long for a key of LMDB is cut and gets its fingerprint; the row repeats the whole text.
std::string key_of(Table table, std::string_view text);

template <class Tag>
std::string key_of(Table table, const Id<Tag>& id) {
  return key_of(table, std::span<const std::uint8_t>(id.bytes));
}
inline std::string key_of(Table table, const Fingerprint& fingerprint) {
  return key_of(table, std::span<const std::uint8_t>(fingerprint.bytes));
}

/// What follows the table's byte, as an id. Throws Error{damaged} for another length.
void id_from_key(std::string_view key, std::size_t offset, std::span<std::uint8_t> out);

/// An entry of the volatile environment, with the numbers of the transactions that brought its row there
/// (`first`: kept when the row is written again, new after an erasure) and that wrote it last. By them a
/// promotion tells what was there before its syncfs, and what was written again since.
struct VolatileEntry {
  enum class State : std::uint8_t { erased = 0, row = 1 };  // do not change the values
  State state;
  std::uint64_t first;
  std::uint64_t transaction;
  std::string_view row;
};
VolatileEntry parse_entry(std::string_view bytes);  ///< throws Error{damaged}
std::string make_entry(const VolatileEntry& entry);

}  // namespace envstore::index

#pragma once
#include <span>
#include <string>
#include <string_view>

#include "store/platform/digest.h"

namespace envstore::index {

/// The first byte of every key: one B-tree holds all tables (docs/FORMAT.md says why). Do not change the
/// values. A row refers only to rows of tables with smaller numbers, so that an interrupted promotion never
/// leaves a durable row that refers to a row that is not durable. Tables from `kFirstVolatile` on live in the
/// volatile environment.
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
  cached_runs = 10,
  roots = 11,
  deleting = 12,
  leases = 0x80,
  condemned = 0x81,
  uses = 0x82,       ///< promoted only together with other rows, or on request
  published = 0x83,  ///< one row: the durable transaction that readers may see (store/index/index_durable.h)
};
inline constexpr char kFirstVolatile = static_cast<char>(0x80);

std::string key_of(Table table);  ///< the prefix of the whole table
std::string key_of(Table table, std::span<const std::uint8_t> bytes);
/// Text that is too long for a key of LMDB is truncated and followed by its fingerprint; the row repeats the
/// whole text.
std::string key_of(Table table, std::string_view text);

template <class Tag>
std::string key_of(Table table, const Id<Tag>& id) {
  return key_of(table, std::span<const std::uint8_t>(id.bytes));
}
inline std::string key_of(Table table, const Fingerprint& fingerprint) {
  return key_of(table, std::span<const std::uint8_t>(fingerprint.bytes));
}

/// The bytes after the table's byte, as an id. Throws Error{damaged} for another length.
void id_from_key(std::string_view key, std::size_t offset, std::span<std::uint8_t> out);

/// An entry of the volatile environment, with the numbers of the transactions that first put its row there
/// (`first`: kept when the row is written again, new after an erasure) and that wrote it last. From these
/// numbers a promotion determines which rows existed before its syncfs and which were written again since.
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

#include "store/index/index_state.h"
#include "store/index/row_codec.h"
#include "store/platform/codec.h"

namespace envstore {

using index::key_of;
using index::Table;

namespace {

using State = Index::Read::State;

template <class Row>
std::optional<Row> find(State& state, const std::string& key) {
  const auto bytes = state.get(key);
  if (!bytes) return std::nullopt;
  return decode_row<Row>(*bytes);
}

/// Rows with a text key repeat the text at their start, because a long text does not fit into the key.
std::optional<std::string_view> named_bytes(State& state, Table table, std::string_view name) {
  const auto bytes = state.get(key_of(table, name));
  if (!bytes) return std::nullopt;
  Decoder decoder(*bytes);
  if (decoder.text() != name) return std::nullopt;
  return decoder.rest();
}

template <class Row>
std::optional<Row> find_named(State& state, Table table, std::string_view name) {
  const auto row = named_bytes(state, table, name);
  if (!row) return std::nullopt;
  return decode_row<Row>(*row);
}

template <class Row>
void put_named(State& state, Table table, std::string_view name, const Row& row) {
  Encoder encoder;
  encoder.text(name);
  encoder.raw(encode(row));
  state.put(key_of(table, name), encoder.finish());
}

template <class Key>
Key key_from(std::string_view bytes, std::size_t offset = 1) {
  Key key;
  index::id_from_key(bytes, offset, key.bytes);
  return key;
}

template <class Key, class Row>
void each_row(State& state, Table table, const std::function<bool(const Key&, const Row&)>& visit) {
  state.each(key_of(table), [&](std::string_view key, std::string_view row) {
    return visit(key_from<Key>(key), decode_row<Row>(row));
  });
}

template <class Row>
void each_named(State& state, Table table, const std::function<bool(const std::string&, const Row&)>& visit) {
  state.each(key_of(table), [&](std::string_view, std::string_view bytes) {
    Decoder decoder(bytes);
    const std::string name(decoder.text());
    return visit(name, decode_row<Row>(decoder.rest()));
  });
}

template <class From, class To>
std::string pair_key(Table table, const From& from, const To& to) {
  return key_of(table, from).append(reinterpret_cast<const char*>(to.bytes.data()), to.bytes.size());
}

template <class To, class From>
std::vector<To> linked(State& state, Table table, const From& from) {
  std::vector<To> found;
  const std::string prefix = key_of(table, from);
  state.each(prefix, [&](std::string_view key, std::string_view) {
    found.push_back(key_from<To>(key, prefix.size()));
    return true;
  });
  return found;
}

}  // namespace

std::optional<BlobRow> Index::Read::blob(const BlobId& id) {
  return find<BlobRow>(*state_, key_of(Table::blobs, id));
}
std::optional<TreeRow> Index::Read::tree(const TreeId& id) {
  return find<TreeRow>(*state_, key_of(Table::trees, id));
}
std::optional<WheelRow> Index::Read::wheel(const WheelHash& hash) {
  return find<WheelRow>(*state_, key_of(Table::wheels, hash));
}
std::optional<SnapshotRow> Index::Read::snapshot(const SnapshotId& id) {
  return find<SnapshotRow>(*state_, key_of(Table::snapshots, id));
}
std::optional<RequestRow> Index::Read::request(const Fingerprint& key) {
  return find<RequestRow>(*state_, key_of(Table::requests, key));
}
std::optional<CachedRunRow> Index::Read::cached_run(const Fingerprint& key) {
  return find<CachedRunRow>(*state_, key_of(Table::cached_runs, key));
}
std::optional<InterpreterRow> Index::Read::interpreter(const std::string& path) {
  return find_named<InterpreterRow>(*state_, Table::interpreters, path);
}
std::optional<DocumentRow> Index::Read::document(const std::string& key) {
  return find_named<DocumentRow>(*state_, Table::documents, key);
}

std::optional<DocumentRow> Index::Read::document_head(const std::string& key, std::size_t body_size) {
  const auto row = named_bytes(*state_, Table::documents, key);
  if (!row) return std::nullopt;
  return decode_document_head(*row, body_size);
}
std::optional<LeaseRow> Index::Read::lease(const std::string& name) {
  return find_named<LeaseRow>(*state_, Table::leases, name);
}
std::optional<RootRow> Index::Read::root(const std::string& name) {
  return find_named<RootRow>(*state_, Table::roots, name);
}

std::optional<FateRow> Index::Read::fate(const SnapshotId& id) {
  if (auto row = find<FateRow>(*state_, key_of(Table::condemned, id))) return row;
  return find<FateRow>(*state_, key_of(Table::deleting, id));
}

std::optional<std::int64_t> Index::Read::last_use_ns(const SnapshotId& id) {
  const auto bytes = state_->get(key_of(Table::uses, id));
  if (!bytes) return std::nullopt;
  Decoder decoder(*bytes);
  const auto when = static_cast<std::int64_t>(decoder.number<std::uint64_t>());
  decoder.finish();
  return when;
}

std::vector<TreeId> Index::Read::trees_of(const BlobId& id) {
  return linked<TreeId>(*state_, Table::blob_trees, id);
}
std::vector<SnapshotId> Index::Read::snapshots_of(const TreeId& id) {
  return linked<SnapshotId>(*state_, Table::tree_snapshots, id);
}

void Index::Read::each_blob(const std::function<bool(const BlobId&, const BlobRow&)>& visit) {
  each_row(*state_, Table::blobs, visit);
}
void Index::Read::each_blob_in(std::uint8_t first_byte,
                               const std::function<bool(const BlobId&, const BlobRow&)>& visit) {
  state_->each(key_of(Table::blobs, std::span<const std::uint8_t>(&first_byte, 1)),
               [&](std::string_view key, std::string_view row) {
                 return visit(key_from<BlobId>(key), decode_row<BlobRow>(row));
               });
}
void Index::Read::each_tree_of_blobs_in(std::uint8_t first_byte,
                                        const std::function<bool(const BlobId&, const TreeId&)>& visit) {
  constexpr std::size_t kBlobEnd = 1 + 32;
  state_->each(key_of(Table::blob_trees, std::span<const std::uint8_t>(&first_byte, 1)),
               [&](std::string_view key, std::string_view) {
                 if (key.size() < kBlobEnd) Decoder::fail();
                 return visit(key_from<BlobId>(key.substr(0, kBlobEnd)), key_from<TreeId>(key, kBlobEnd));
               });
}
void Index::Read::each_tree(const std::function<bool(const TreeId&, const TreeRow&)>& visit) {
  each_row(*state_, Table::trees, visit);
}
void Index::Read::each_wheel(const std::function<bool(const WheelHash&, const WheelRow&)>& visit) {
  each_row(*state_, Table::wheels, visit);
}
void Index::Read::each_snapshot(const std::function<bool(const SnapshotId&, const SnapshotRow&)>& visit) {
  each_row(*state_, Table::snapshots, visit);
}
void Index::Read::each_request(const std::function<bool(const Fingerprint&, const RequestRow&)>& visit) {
  each_row(*state_, Table::requests, visit);
}
void Index::Read::each_cached_run(const std::function<bool(const Fingerprint&, const CachedRunRow&)>& visit) {
  each_row(*state_, Table::cached_runs, visit);
}
void Index::Read::each_interpreter(
    const std::function<bool(const std::string&, const InterpreterRow&)>& visit) {
  each_named(*state_, Table::interpreters, visit);
}
void Index::Read::each_document(const std::function<bool(const std::string&, const DocumentRow&)>& visit) {
  each_named(*state_, Table::documents, visit);
}
void Index::Read::each_lease(const std::function<bool(const std::string&, const LeaseRow&)>& visit) {
  each_named(*state_, Table::leases, visit);
}
void Index::Read::each_root(const std::function<bool(const std::string&, const RootRow&)>& visit) {
  each_named(*state_, Table::roots, visit);
}

void Index::Read::each_fate(const std::function<bool(const SnapshotId&, const FateRow&)>& visit) {
  bool goes_on = true;
  const auto visit_and_note = [&](const SnapshotId& id, const FateRow& row) {
    return goes_on = visit(id, row);
  };
  each_row<SnapshotId, FateRow>(*state_, Table::deleting, visit_and_note);
  if (goes_on) each_row<SnapshotId, FateRow>(*state_, Table::condemned, visit_and_note);
}

void Index::Write::put(const BlobId& id, const BlobRow& row) {
  state_->put(key_of(Table::blobs, id), encode(row));
}
void Index::Write::put(const TreeId& id, const TreeRow& row) {
  state_->put(key_of(Table::trees, id), encode(row));
}
void Index::Write::put(const WheelHash& hash, const WheelRow& row) {
  state_->put(key_of(Table::wheels, hash), encode(row));
}
void Index::Write::put(const SnapshotId& id, const SnapshotRow& row) {
  state_->put(key_of(Table::snapshots, id), encode(row));
}
void Index::Write::put_request(const Fingerprint& key, const RequestRow& row) {
  state_->put(key_of(Table::requests, key), encode(row));
}
void Index::Write::put_cached_run(const Fingerprint& key, const CachedRunRow& row) {
  state_->put(key_of(Table::cached_runs, key), encode(row));
}
void Index::Write::put_interpreter(const std::string& path, const InterpreterRow& row) {
  put_named(*state_, Table::interpreters, path, row);
}
void Index::Write::put_document(const std::string& key, const DocumentRow& row) {
  put_named(*state_, Table::documents, key, row);
}
void Index::Write::put_lease(const std::string& name, const LeaseRow& row) {
  put_named(*state_, Table::leases, name, row);
}
void Index::Write::put_root(const std::string& name, const RootRow& row) {
  put_named(*state_, Table::roots, name, row);
}

void Index::Write::put_fate(const SnapshotId& id, const FateRow& row) {
  erase_fate(id);
  state_->put(key_of(row.fate == Fate::condemned ? Table::condemned : Table::deleting, id), encode(row));
}

void Index::Write::put_last_use(const SnapshotId& id, std::int64_t when_ns) {
  Encoder encoder;
  encoder.number(static_cast<std::uint64_t>(when_ns));
  state_->put(key_of(Table::uses, id), encoder.finish());
}

void Index::Write::link_blob_to_tree(const BlobId& blob, const TreeId& tree) {
  state_->put(pair_key(Table::blob_trees, blob, tree), {});
}
void Index::Write::link_tree_to_snapshot(const TreeId& tree, const SnapshotId& snapshot) {
  state_->put(pair_key(Table::tree_snapshots, tree, snapshot), {});
}

void Index::Write::erase(const BlobId& id) {
  state_->erase(key_of(Table::blobs, id));
}
void Index::Write::erase(const TreeId& id) {
  state_->erase(key_of(Table::trees, id));
}
void Index::Write::erase(const WheelHash& hash) {
  state_->erase(key_of(Table::wheels, hash));
}

void Index::Write::erase(const SnapshotId& id) {
  state_->erase(key_of(Table::snapshots, id));
  state_->erase(key_of(Table::uses, id));
}

void Index::Write::erase_request(const Fingerprint& key) {
  state_->erase(key_of(Table::requests, key));
}
void Index::Write::erase_cached_run(const Fingerprint& key) {
  state_->erase(key_of(Table::cached_runs, key));
}
void Index::Write::erase_interpreter(const std::string& path) {
  state_->erase(key_of(Table::interpreters, path));
}
void Index::Write::erase_document(const std::string& key) {
  state_->erase(key_of(Table::documents, key));
}
void Index::Write::erase_lease(const std::string& name) {
  state_->erase(key_of(Table::leases, name));
}
void Index::Write::erase_root(const std::string& name) {
  state_->erase(key_of(Table::roots, name));
}

void Index::Write::erase_fate(const SnapshotId& id) {
  state_->erase(key_of(Table::condemned, id));
  state_->erase(key_of(Table::deleting, id));
}

void Index::Write::unlink_blob_from_tree(const BlobId& blob, const TreeId& tree) {
  state_->erase(pair_key(Table::blob_trees, blob, tree));
}
void Index::Write::unlink_tree_from_snapshot(const TreeId& tree, const SnapshotId& snapshot) {
  state_->erase(pair_key(Table::tree_snapshots, tree, snapshot));
}

}  // namespace envstore

#include "store/index/rows.h"

#include <type_traits>

#include "store/index/row_codec.h"
#include "store/platform/codec.h"

namespace envstore {
namespace {

// Each row lists its members once, in the order in which they are stored; Writer and Reader use the same
// list. A change of a list needs a new version here and in docs/FORMAT.md.
constexpr std::uint8_t kRowVersion = 1;

template <class Given, class Row>
concept AnyConst = std::is_same_v<std::remove_const_t<Given>, Row>;

void members(auto& io, AnyConst<FileStamp> auto& stamp) {
  io(stamp.device, stamp.inode, stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.mode, stamp.links);
}
void members(auto& io, AnyConst<BlobRow> auto& row) {
  io(row.size, row.fingerprint, row.inode, row.mtime_ns, row.mode, row.verified_at_ns);
}
void members(auto& io, AnyConst<TreeRow> auto& row) {
  io(row.name, row.version, row.wheel, row.wheel_filename, row.origin, row.forest_reason, row.has_pth,
     row.top_level, row.files, row.bytes, row.made_at_ns);
}
void members(auto& io, AnyConst<WheelRow> auto& row) {
  io(row.tree);
}
void members(auto& io, AnyConst<SnapshotRow> auto& row) {
  io(row.record, row.made_at_ns, row.layouts);
}
void members(auto& io, AnyConst<RequestRow> auto& row) {
  io(row.canonical, row.snapshot, row.label, row.made_at_ns);
}
void members(auto& io, AnyConst<WatchedPath> auto& watched) {
  io(watched.path, watched.stamp);
}
void members(auto& io, AnyConst<CachedRunRow> auto& row) {
  io(row.key_text, row.watched, row.snapshots, row.plan);
}
void members(auto& io, AnyConst<InterpreterRow> auto& row) {
  io(row.stamp, row.facts);
}
void members(auto& io, AnyConst<DocumentRow> auto& row) {
  io(row.etag, row.fetched_at_ns, row.fresh_until_ns, row.body);
}
void members(auto& io, AnyConst<LeaseRow> auto& row) {
  io(row.kind, row.pid, row.made_at_ns, row.snapshots, row.what);
}
void members(auto& io, AnyConst<RootRow> auto& row) {
  io(row.kind, row.path, row.snapshot, row.made_at_ns);
}
void members(auto& io, AnyConst<FateRow> auto& row) {
  io(row.fate, row.epoch, row.since_ns);
}

/// One past the last value of an enumeration that is stored in records.
constexpr std::uint8_t limit_of(Layout) {
  return 2;
}
constexpr std::uint8_t limit_of(LeaseKind) {
  return 5;
}
constexpr std::uint8_t limit_of(RootKind) {
  return 3;
}
constexpr std::uint8_t limit_of(Fate) {
  return 2;
}

class Writer {
 public:
  template <class... Members>
  void operator()(const Members&... values) {
    (put(values), ...);
  }
  Encoder encoder;

 private:
  void put(const std::string& value) { encoder.text(value); }
  void put(bool value) { encoder.number(static_cast<std::uint8_t>(value)); }
  template <std::integral Number>
  void put(Number value) {
    encoder.number(static_cast<std::make_unsigned_t<Number>>(value));
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void put(Enum value) { encoder.number(static_cast<std::uint8_t>(value)); }
  template <std::size_t size>
  void put(const std::array<std::uint8_t, size>& bytes) {
    encoder.raw({reinterpret_cast<const char*>(bytes.data()), size});
  }
  template <class Tag>
  void put(const Id<Tag>& id) {
    put(id.bytes);
  }
  void put(const Fingerprint& value) { put(value.bytes); }
  template <class Element>
  void put(const std::vector<Element>& list) {
    encoder.count(list.size());
    for (const Element& element : list) put(element);
  }
  template <class Value>
  void put(const std::optional<Value>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class Record>
  requires std::is_aggregate_v<Record>
  void put(const Record& record) { members(*this, record); }
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : decoder(bytes) {}
  template <class... Members>
  void operator()(Members&... values) {
    (get(values), ...);
  }
  Decoder decoder;

 private:
  void get(std::string& value) { value = decoder.text(); }
  void get(bool& value) {
    const auto byte = decoder.number<std::uint8_t>();
    if (byte > 1) Decoder::fail();
    value = byte == 1;
  }
  template <std::integral Number>
  void get(Number& value) {
    value = static_cast<Number>(decoder.number<std::make_unsigned_t<Number>>());
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void get(Enum& value) {
    const auto byte = decoder.number<std::uint8_t>();
    if (byte >= limit_of(Enum{})) Decoder::fail();
    value = static_cast<Enum>(byte);
  }
  template <std::size_t size>
  void get(std::array<std::uint8_t, size>& bytes) {
    std::memcpy(bytes.data(), decoder.raw(size).data(), size);
  }
  template <class Tag>
  void get(Id<Tag>& id) {
    get(id.bytes);
  }
  void get(Fingerprint& value) { get(value.bytes); }
  template <class Element>
  void get(std::vector<Element>& list) {
    list.resize(decoder.count(1));
    for (Element& element : list) get(element);
  }
  template <class Value>
  void get(std::optional<Value>& value) {
    bool is_there = false;
    get(is_there);
    if (!is_there) return;
    get(value.emplace());
  }
  template <class Record>
  requires std::is_aggregate_v<Record>
  void get(Record& record) { members(*this, record); }
};

template <class Row>
std::string encoded(const Row& row) {
  Writer writer;
  writer.encoder.number(kRowVersion);
  members(writer, row);
  return writer.encoder.finish();
}

}  // namespace

template <class Row>
Row decode_row(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.decoder.number<std::uint8_t>() != kRowVersion) Decoder::fail();
  Row row;
  members(reader, row);
  reader.decoder.finish();
  return row;
}

DocumentRow decode_document_head(std::string_view bytes, std::size_t body_size) {
  Decoder decoder(bytes);
  if (decoder.number<std::uint8_t>() != kRowVersion) Decoder::fail();
  DocumentRow row;
  row.etag = decoder.text();
  row.fetched_at_ns = static_cast<std::int64_t>(decoder.number<std::uint64_t>());
  row.fresh_until_ns = static_cast<std::int64_t>(decoder.number<std::uint64_t>());
  row.body = decoder.text().substr(0, body_size);
  decoder.finish();
  return row;
}

std::string encode(const BlobRow& row) {
  return encoded(row);
}
std::string encode(const TreeRow& row) {
  return encoded(row);
}
std::string encode(const WheelRow& row) {
  return encoded(row);
}
std::string encode(const SnapshotRow& row) {
  return encoded(row);
}
std::string encode(const RequestRow& row) {
  return encoded(row);
}
std::string encode(const CachedRunRow& row) {
  return encoded(row);
}
std::string encode(const InterpreterRow& row) {
  return encoded(row);
}
std::string encode(const DocumentRow& row) {
  return encoded(row);
}
std::string encode(const LeaseRow& row) {
  return encoded(row);
}
std::string encode(const RootRow& row) {
  return encoded(row);
}
std::string encode(const FateRow& row) {
  return encoded(row);
}

template BlobRow decode_row<BlobRow>(std::string_view);
template TreeRow decode_row<TreeRow>(std::string_view);
template WheelRow decode_row<WheelRow>(std::string_view);
template SnapshotRow decode_row<SnapshotRow>(std::string_view);
template RequestRow decode_row<RequestRow>(std::string_view);
template CachedRunRow decode_row<CachedRunRow>(std::string_view);
template InterpreterRow decode_row<InterpreterRow>(std::string_view);
template DocumentRow decode_row<DocumentRow>(std::string_view);
template LeaseRow decode_row<LeaseRow>(std::string_view);
template RootRow decode_row<RootRow>(std::string_view);
template FateRow decode_row<FateRow>(std::string_view);

}  // namespace envstore

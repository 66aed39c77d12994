#include "store/index/rows.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "store/index/row_codec.h"
#include "store/platform/error.h"

using namespace envstore;

namespace {

template <class Number>
Number any_number() {
  return *rc::gen::arbitrary<Number>();
}
std::string any_text() {
  return *rc::gen::arbitrary<std::string>();
}
template <class AnId>
AnId any_id() {
  AnId id;
  for (std::uint8_t& byte : id.bytes) byte = any_number<std::uint8_t>();
  return id;
}
template <class Element, class Make>
std::vector<Element> any_list(Make make) {
  std::vector<Element> list(*rc::gen::inRange<std::size_t>(0, 4));
  for (Element& element : list) element = make();
  return list;
}
FileStamp any_stamp() {
  return {any_number<std::uint64_t>(), any_number<std::uint64_t>(), any_number<std::uint64_t>(),
          any_number<std::int64_t>(),  any_number<std::int64_t>(),  any_number<std::uint32_t>(),
          any_number<std::uint32_t>()};
}
template <class Enum>
Enum any_of(int values) {
  return static_cast<Enum>(*rc::gen::inRange(0, values));
}

template <class Row>
Row any_row();
template <>
BlobRow any_row() {
  return {any_number<std::uint64_t>(), any_id<Fingerprint>(),       any_number<std::uint64_t>(),
          any_number<std::int64_t>(),  any_number<std::uint32_t>(), any_number<std::int64_t>()};
}
template <>
TreeRow any_row() {
  return {any_text(),
          any_text(),
          any_id<WheelHash>(),
          any_text(),
          any_text(),
          any_text(),
          any_number<bool>(),
          any_list<std::string>(any_text),
          any_number<std::uint64_t>(),
          any_number<std::uint64_t>(),
          any_number<std::int64_t>()};
}
template <>
WheelRow any_row() {
  return {any_id<TreeId>()};
}
template <>
SnapshotRow any_row() {
  return {any_text(), any_number<std::int64_t>(), any_list<Layout>([] { return any_of<Layout>(2); })};
}
template <>
RequestRow any_row() {
  return {any_text(), any_id<SnapshotId>(), any_text(), any_number<std::int64_t>()};
}
template <>
CachedRunRow any_row() {
  const auto watched = [] {
    return WatchedPath{any_text(), any_number<bool>() ? std::optional(any_stamp()) : std::nullopt};
  };
  return {any_text(), any_list<WatchedPath>(watched), any_list<SnapshotId>(any_id<SnapshotId>), any_text()};
}
template <>
InterpreterRow any_row() {
  return {any_stamp(), any_text()};
}
template <>
DocumentRow any_row() {
  return {any_text(), any_number<std::int64_t>(), any_number<std::int64_t>(), any_text()};
}
template <>
LeaseRow any_row() {
  return {any_of<LeaseKind>(3), any_number<std::int64_t>(), any_number<std::int64_t>(),
          any_list<SnapshotId>(any_id<SnapshotId>), any_text()};
}
template <>
RootRow any_row() {
  return {any_of<RootKind>(3), any_text(), any_id<SnapshotId>(), any_number<std::int64_t>()};
}
template <>
FateRow any_row() {
  return {any_of<Fate>(2), any_number<std::uint64_t>(), any_number<std::int64_t>()};
}

template <class Row>
bool is_damaged(std::string_view bytes) {
  try {
    static_cast<void>(decode_row<Row>(bytes));
  } catch (const Error& error) {
    return error.kind() == ErrorKind::damaged;
  }
  return false;
}

}  // namespace

TEST_CASE_TEMPLATE("a row that was written is read back as it was, and not one byte more or less", Row,
                   BlobRow, TreeRow, WheelRow, SnapshotRow, RequestRow, CachedRunRow, InterpreterRow,
                   DocumentRow, LeaseRow, RootRow, FateRow) {
  CHECK(rc::check([] {
    const Row row = any_row<Row>();
    const std::string bytes = encode(row);
    RC_ASSERT(decode_row<Row>(bytes) == row);
    for (std::size_t length = 0; length < bytes.size(); ++length)
      RC_ASSERT(is_damaged<Row>(std::string_view(bytes).substr(0, length)));
    RC_ASSERT(is_damaged<Row>(bytes + '\0'));
    std::string newer = bytes;
    newer[0] = '\2';
    RC_ASSERT(is_damaged<Row>(newer));
  }));
}

TEST_CASE_TEMPLATE("any bytes at all are a row or damage, never a crash", Row, BlobRow, TreeRow, SnapshotRow,
                   CachedRunRow, LeaseRow, RootRow, FateRow) {
  CHECK(rc::check([](std::string bytes) {
    bytes.insert(bytes.begin(), '\1');
    try {
      RC_ASSERT(encode(decode_row<Row>(bytes)) == bytes);
    } catch (const Error& error) {
      RC_ASSERT(error.kind() == ErrorKind::damaged);
    }
  }));
}

TEST_CASE("a list that claims four thousand million elements is refused before memory is allocated") {
  LeaseRow row;
  std::string bytes = encode(row);
  const std::size_t count_at = 1 + 1 + 8 + 8;
  bytes.replace(count_at, 4, "\xff\xff\xff\xff");
  CHECK(is_damaged<LeaseRow>(bytes));
}

TEST_CASE("the encoding of a lease stands as docs/FORMAT.md describes it") {
  LeaseRow row{.kind = LeaseKind::verify, .pid = 258, .made_at_ns = -1, .snapshots = {}, .what = "ab"};
  CHECK(encode(row) == std::string("\1"
                                   "\2"
                                   "\2\1\0\0\0\0\0\0"
                                   "\xff\xff\xff\xff\xff\xff\xff\xff"
                                   "\0\0\0\0"
                                   "\2\0\0\0ab",
                                   28));
}

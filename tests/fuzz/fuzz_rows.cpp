// Rows of the index: encoding a row gives the decoded bytes; other bytes are damage. The first byte selects
// the kind of row.
#include "store/index/row_codec.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

namespace {

template <class Row>
void read_and_write(std::string_view bytes) {
  fuzz::require(encode(decode_row<Row>(bytes)) == bytes);
}

constexpr void (*kKinds[])(std::string_view) = {  // tests/fuzz/make_seeds.py relies on this order
    read_and_write<BlobRow>,        read_and_write<TreeRow>,     read_and_write<WheelRow>,
    read_and_write<SnapshotRow>,    read_and_write<RequestRow>,  read_and_write<CachedRunRow>,
    read_and_write<InterpreterRow>, read_and_write<DocumentRow>, read_and_write<LeaseRow>,
    read_and_write<RootRow>,        read_and_write<FateRow>};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view row = fuzz::text_of(data + 1, size - 1);
  fuzz::may_refuse({ErrorKind::damaged}, [&] { kKinds[data[0] % std::size(kKinds)](row); });
  fuzz::may_refuse({ErrorKind::damaged}, [&] { decode_document_head(row, 16); });
  return 0;
}

// An entry of the volatile index: encoding it gives the decoded bytes.
#include "store/index/index_key.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  fuzz::may_refuse({ErrorKind::damaged}, [&] {
    const index::VolatileEntry entry = index::parse_entry(bytes);
    fuzz::require(index::make_entry(entry) == bytes);
  });
  return 0;
}

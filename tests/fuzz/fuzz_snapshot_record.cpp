// A snapshot's record: what was read can be written, and its canonical text reads as the same record.
#include "store/snapshots/snapshot.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::may_refuse({ErrorKind::damaged}, [&] {
    const std::string canonical = SnapshotRecord::parse(fuzz::text_of(data, size)).canonical();
    fuzz::require(SnapshotRecord::parse(canonical).canonical() == canonical);
  });
  return 0;
}

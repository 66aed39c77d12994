// The launch plan of a run cache entry: encoding it gives the decoded bytes; other bytes are damage.
#include "python/launch/launch.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  fuzz::may_refuse({ErrorKind::damaged}, [&] { fuzz::require(LaunchPlan::decode(bytes).encode() == bytes); });
  return 0;
}

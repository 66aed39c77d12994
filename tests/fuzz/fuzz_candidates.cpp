// A project's candidates as the index stores them, and the file of each version: what was decoded survives
// encoding and decoding.
#include "python/resolve/candidates.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(fuzz::text_of(data, size));
  fuzz::may_refuse({ErrorKind::damaged}, [&] {
    const Candidates candidates = Candidates::decode(bytes, "here");
    const std::string again = candidates.encode();
    fuzz::require(Candidates::decode(again, "here").encode() == again);
    for (const auto& offer : candidates.offer().versions)
      fuzz::may_refuse({ErrorKind::damaged}, [&] { candidates.file(offer.version); });
  });
  fuzz::may_refuse({ErrorKind::damaged}, [&] {
    const IndexFile file = decode_file(bytes);
    fuzz::require(decode_file(encode_file(file)) == file);
  });
  return 0;
}

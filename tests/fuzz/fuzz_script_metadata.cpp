// A whole script: its block is found and read as TOML. An unsupported key that would change what is installed
// is refused as unsupported.
#include "pypackaging/script.h"
#include "python/settings/script_metadata.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto block = pypackaging::find_script_block(fuzz::text_of(data, size));
  if (!block || !*block) return 0;
  fuzz::may_refuse({ErrorKind::invalid_input, ErrorKind::unsupported},
                   [&] { read_script_metadata((*block)->toml, (*block)->first_line, "demo.py", "/folder"); });
  return 0;
}

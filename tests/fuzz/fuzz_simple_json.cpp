#include <cstdlib>
#include <string_view>

#include "python/index/simple_page.h"
#include "store/platform/error.h"

using namespace envstore;

/// Any input gives a page or an Error, a page survives encoding and decoding, and decoding other bytes throws
/// nothing but an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  try {
    const SimplePage page = parse_simple_json(body, "https://index.test/simple/demo/");
    if (SimplePage::decode(page.encode()) != page) std::abort();
  } catch (const Error&) {
  }
  try {
    SimplePage::decode(body);
  } catch (const Error&) {
  }
  return 0;
}

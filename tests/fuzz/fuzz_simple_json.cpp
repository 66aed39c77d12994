#include <cstdlib>
#include <string_view>

#include "python/index/simple_page.h"
#include "store/platform/error.h"

using namespace envstore;

/// Whatever comes is a page or an Error, a page survives being kept, and kept bytes that were changed are
/// refused.
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

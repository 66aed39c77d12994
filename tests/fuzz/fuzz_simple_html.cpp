#include <cstdlib>
#include <string>

#include "python/index/html_readers.h"
#include "store/platform/error.h"

using namespace envstore;

namespace {
const std::string kUrl = "https://index.test/simple/demo/";
constexpr std::size_t kLongest = 64 * 1024;

/// nullopt: refused with an Error, which is a valid outcome.
template <class Read>
std::optional<SimplePage> outcome(const Read& read) {
  PageBuilder builder(kUrl);
  try {
    read(builder);
    return builder.take();
  } catch (const Error&) {
    return std::nullopt;
  }
}
}  // namespace

/// Neither reader crashes, both agree on pages that the scanner accepts, and a page survives encoding and
/// decoding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kLongest) return 0;
  const std::string body(reinterpret_cast<const char*>(data), size);
  bool fits = true;
  const auto scanned = outcome([&](PageBuilder& builder) { fits = scan_simple_html(body, kUrl, builder); });
  const auto parsed = outcome([&](PageBuilder& builder) { read_html_tree(body, kUrl, builder); });
  if (fits && scanned != parsed) std::abort();
  if (parsed && SimplePage::decode(parsed->encode()) != *parsed) std::abort();
  return 0;
}

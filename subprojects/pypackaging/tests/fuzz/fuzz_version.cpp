#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/version.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto version = pypackaging::Version::parse(text);
  if (!version) {
    if (version.error().position > size) std::abort();
    return 0;
  }
  const auto again = pypackaging::Version::parse(version->canonical());
  if (!again || *again != *version || again->hash() != version->hash()) std::abort();
  return 0;
}

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = pypackaging::parse_record(text);
  if (!record) {
    if (record.error().position > size) std::abort();
    return 0;
  }
  for (const auto& entry : *record)
    if (entry.path.empty() || entry.algorithm.empty() != entry.digest.empty()) std::abort();
  return 0;
}

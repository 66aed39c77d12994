#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto metadata = pypackaging::CoreMetadata::parse(text);
  for (const auto& error : metadata.errors)
    if (error.position > size) std::abort();
  // A file without a fatal error has everything that installers need.
  if (!metadata.fatal_error() && (metadata.name.empty() || !metadata.version)) std::abort();
  const auto info = pypackaging::WheelInfo::parse(text);
  if (!info && info.error().position > size) std::abort();
  return 0;
}

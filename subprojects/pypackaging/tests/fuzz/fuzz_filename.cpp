#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/filename.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto wheel = pypackaging::WheelFilename::parse(text);
  if (!wheel && wheel.error().position > size) std::abort();
  if (wheel && (wheel->tags.empty() || wheel->tags.size() > 1000)) std::abort();
  const auto sdist = pypackaging::SdistFilename::parse(text);
  if (!sdist && sdist.error().position > size) std::abort();
  if (sdist && !pypackaging::SdistFilename::parse(text, sdist->name)) std::abort();
  return 0;
}

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto groups = pypackaging::parse_entry_points(text);
  if (!groups) {
    if (groups.error().position > size) std::abort();
    return 0;
  }
  for (const char* group : {"console_scripts", "gui_scripts"})
    if (const auto points = groups->find(group); points != groups->end())
      for (const auto& point : points->second)
        if (point.module.empty() || point.attribute.empty() || point.name.find('/') != std::string::npos)
          std::abort();
  return 0;
}

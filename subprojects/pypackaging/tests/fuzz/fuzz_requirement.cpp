#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/requirement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto requirement = pypackaging::Requirement::parse(text);
  if (!requirement) {
    if (requirement.error().position > size) std::abort();
    return 0;
  }
  const auto again = pypackaging::Requirement::parse(requirement->canonical());
  if (!again || again->canonical() != requirement->canonical()) std::abort();
  return 0;
}

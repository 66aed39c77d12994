#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/marker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pypackaging::MarkerEnvironment kEnvironment = {
      {"python_version", "3.11"}, {"os_name", "posix"}, {"platform_release", "6.1.0-13-amd64"}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto marker = pypackaging::Marker::parse(text);
  if (!marker) {
    if (marker.error().position > size) std::abort();
    return 0;
  }
  const auto again = pypackaging::Marker::parse(marker->canonical());
  if (!again || again->canonical() != marker->canonical()) std::abort();
  using pypackaging::MarkerContext;
  for (const auto context : {MarkerContext::metadata, MarkerContext::requirement, MarkerContext::lock_file}) {
    const pypackaging::MarkerInputs inputs{kEnvironment, {"a", "b"}, {"a"}, context};
    const auto value = marker->evaluate(inputs), value_again = again->evaluate(inputs);
    if (value.has_value() != value_again.has_value() || (value && *value != *value_again)) std::abort();
  }
  return 0;
}

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto block = pypackaging::find_script_block(text);
  if (!block) {
    if (block.error().position > size) std::abort();
    return 0;
  }
  if (*block && ((*block)->toml.size() > size || (*block)->toml.back() != '\n')) std::abort();
  return 0;
}

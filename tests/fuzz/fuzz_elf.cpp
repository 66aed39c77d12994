// escaping_runpath on any bytes.
#include "python/wheel/wheel.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)envstore::escaping_runpath(std::as_bytes(std::span(data, size)), "a/b/c.so",
                                   [](std::string_view name) { return name == "a"; });
  return 0;
}

// Archive on any bytes: it succeeds or throws zip::Error, and never reads out of bounds.
#include <cstdint>
#include <cstdlib>

#include "zip/archive.h"
#include "zip/names.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kEnough = 1 << 20;
  try {
    const zip::Archive archive(std::as_bytes(std::span(data, size)));
    for (const zip::Member& member : archive.members()) {
      if (!zip::is_safe_name(member.name)) std::abort();
      if (member.size < kEnough) archive.read(member);
    }
  } catch (const zip::Error&) {
  }
  return 0;
}

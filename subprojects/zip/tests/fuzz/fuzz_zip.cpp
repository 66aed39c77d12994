// ZipArchive and read_zip_tail on any bytes: they succeed or throw an Error, and never read out of bounds.
#include "python/wheel/wheel.h"
#include "store/platform/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envstore;
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const ZipArchive archive(bytes, "fuzz.whl");
    constexpr std::uint64_t kEnough = 1 << 20;
    for (const ZipMember& member : archive.members())
      if (member.size < kEnough) archive.read(member);
  } catch (const Error&) {
  }
  try {
    const std::size_t from = size / 2;
    std::uint64_t needs_from = 0;
    const auto tail = read_zip_tail(bytes.subspan(from), from, size, needs_from, "fuzz.whl");
    if (!tail && needs_from >= from) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}

#include "inflate.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <new>

#include "entry.h"

namespace zip {
namespace {

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

/// One per thread: creating one costs more than inflating a small member.
libdeflate_decompressor& decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> own(
      libdeflate_alloc_decompressor());
  if (!own) throw std::bad_alloc();
  return *own;
}

void inflate(std::span<const std::byte> data, const Member& member, std::span<std::byte> out) {
  // libdeflate accepts no null pointer for an empty output.
  std::byte nothing{};
  std::byte* const target = out.empty() ? &nothing : out.data();
  std::size_t used = 0;
  const libdeflate_result result = libdeflate_deflate_decompress_ex(&decompressor(), data.data(), data.size(),
                                                                    target, out.size(), &used, nullptr);
  if (result != LIBDEFLATE_SUCCESS || used != data.size())
    refuse(member, "its compressed data is damaged, or not of the size that it declares");
}

}  // namespace

void unpack(std::span<const std::byte> data, const Member& member, std::span<std::byte> out) {
  if (member.deflated)
    inflate(data, member, out);
  else
    std::copy(data.begin(), data.end(), out.begin());
  if (libdeflate_crc32(0, out.data(), out.size()) != member.crc32)
    refuse(member, "its CRC is wrong: it is damaged");
}

}  // namespace zip

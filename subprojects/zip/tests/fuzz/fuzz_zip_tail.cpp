// read_tail and read_member on any bytes; the first byte says where the tail begins.
#include <cstdint>
#include <cstdlib>

#include "zip/names.h"
#include "zip/tail.h"

namespace {

constexpr std::uint64_t kEnough = 1 << 20;

void read_members(std::span<const std::byte> file, const std::vector<zip::Member>& members) {
  for (const zip::Member& member : members) {
    if (!zip::is_safe_name(member.name) || member.data_offset > file.size()) std::abort();
    if (member.size >= kEnough) continue;
    const auto from_header = file.subspan(static_cast<std::size_t>(member.data_offset));
    std::uint64_t needs_size = 0;
    try {
      if (!zip::read_member(from_header, member, needs_size) && needs_size <= from_header.size())
        std::abort();
    } catch (const zip::Error&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto file = std::as_bytes(std::span(data + 1, size - 1));
  const std::size_t from = file.size() * data[0] / 255;
  std::uint64_t needs_from = 0;
  try {
    const auto members = zip::read_tail(file.subspan(from), from, file.size(), needs_from);
    if (members)
      read_members(file, *members);
    else if (needs_from >= from)
      std::abort();
  } catch (const zip::Error&) {
  }
  return 0;
}

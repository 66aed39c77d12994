#include "zip_builder.h"

#include <libdeflate.h>

namespace zip::test {

std::string little_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::string deflated(const std::string& content) {
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_deflate_compress_bound(compressor, content.size()), '\0');
  out.resize(libdeflate_deflate_compress(compressor, content.data(), content.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::uint32_t crc_of(const std::string& content) {
  return libdeflate_crc32(0, content.data(), content.size());
}

namespace {

struct Written {
  std::string local, central;
};

Written write_part(const Part& part, std::uint64_t offset) {
  const std::string data = part.deflate ? deflated(part.content) : part.content;
  const std::uint32_t crc = part.crc.value_or(crc_of(part.content));
  const std::uint64_t size = part.size.value_or(part.content.size());
  const std::uint64_t packed = part.compressed_size.value_or(data.size());
  const std::uint16_t method = part.method.value_or(part.deflate ? 8 : 0);
  const std::string local_name = part.local_name.value_or(part.name);
  const std::uint32_t mode = part.name.ends_with('/') && part.mode == 0100644 ? 040755 : part.mode;
  const bool streamed = (part.flags & 8) != 0;
  const auto field = [&](std::uint64_t value) { return little_endian(part.zip64 ? 0xffffffff : value, 4); };

  std::string local_extra, central_extra;
  if (part.zip64) {
    const std::string sizes = little_endian(size, 8) + little_endian(packed, 8);
    local_extra = little_endian(1, 2) + little_endian(16, 2) + (streamed ? std::string(16, '\0') : sizes);
    central_extra = little_endian(1, 2) + little_endian(24, 2) + sizes + little_endian(offset, 8);
  }
  central_extra += part.extra;
  Written out;
  out.local = "PK\x03\x04" + little_endian(20, 2) + little_endian(part.flags, 2) + little_endian(method, 2) +
              little_endian(0, 4) + little_endian(streamed ? 0 : part.local_crc.value_or(crc), 4) +
              (streamed && !part.zip64 ? std::string(8, '\0') : field(packed) + field(size)) +
              little_endian(local_name.size(), 2) + little_endian(local_extra.size(), 2) + local_name +
              local_extra + data + part.descriptor;
  out.central = "PK\x01\x02" + little_endian(0x0314, 2) + little_endian(20, 2) +
                little_endian(part.flags, 2) + little_endian(method, 2) + little_endian(0, 4) +
                little_endian(crc, 4) + field(packed) + field(size) + little_endian(part.name.size(), 2) +
                little_endian(central_extra.size(), 2) + little_endian(0, 6) +
                little_endian(std::uint64_t{mode} << 16, 4) + field(offset) + part.name + central_extra;
  return out;
}

}  // namespace

std::string zip_of(const std::vector<Part>& parts, const ArchiveOptions& options) {
  std::string out, directory;
  for (const Part& part : parts) {
    out += part.gap;
    const Written written = write_part(part, out.size());
    out += written.local;
    directory += written.central;
  }
  out += options.before_directory;
  const std::uint64_t offset = out.size();
  out += directory;
  const std::uint64_t count = options.count.value_or(parts.size());
  if (options.zip64_end) {
    const std::uint64_t end64 = out.size();
    out += "PK\x06\x06" + little_endian(44, 8) + little_endian(45, 2) + little_endian(45, 2) +
           little_endian(0, 8) + little_endian(count, 8) + little_endian(count, 8) +
           little_endian(directory.size(), 8) + little_endian(offset, 8);
    out += "PK\x06\x07" + little_endian(0, 4) + little_endian(end64, 8) + little_endian(1, 4);
  }
  const auto wide = [&](std::uint64_t value, int bytes) {
    return little_endian(options.zip64_end ? ~std::uint64_t{0} : value, bytes);
  };
  out += "PK\x05\x06" + little_endian(0, 4) + wide(count, 2) + wide(count, 2) + wide(directory.size(), 4) +
         wide(offset, 4) + little_endian(options.comment.size(), 2) + options.comment;
  return out + options.behind;
}

}  // namespace zip::test

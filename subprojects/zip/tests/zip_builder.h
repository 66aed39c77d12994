#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Archives for tests, as wrong as they are wanted.
namespace zip::test {

/// One member to write; every field may be wrong on purpose.
struct Part {
  std::string name;
  std::string content = {};
  bool deflate = false;
  std::uint16_t flags = 0;
  std::optional<std::uint16_t> method = {};
  std::uint32_t mode = 0100644;
  std::optional<std::uint32_t> crc = {};
  std::optional<std::uint64_t> size = {}, compressed_size = {};
  std::optional<std::string> local_name = {};
  std::optional<std::uint32_t> local_crc = {};
  std::string gap = {};         ///< before the local header
  std::string descriptor = {};  ///< raw bytes after the data
  bool zip64 = false;           ///< sizes and offset are in Zip64 fields
  std::string extra = {};       ///< appended to the directory's extra field
};

struct ArchiveOptions {
  std::string before_directory = {}, comment = {}, behind = {};
  bool zip64_end = false;
  std::optional<std::uint16_t> count = {};
};

std::string little_endian(std::uint64_t value, int bytes);
std::string zip_of(const std::vector<Part>& parts, const ArchiveOptions& options = {});
std::string deflated(const std::string& content);
std::uint32_t crc_of(const std::string& content);
inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace zip::test

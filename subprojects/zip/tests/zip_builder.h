#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace envstore::test {

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

struct ZipOptions {
  std::string before_directory = {}, comment = {}, behind = {};
  bool zip64_end = false;
  std::optional<std::uint16_t> count = {};
};

std::string little_endian(std::uint64_t value, int bytes);
std::string zip_of(const std::vector<Part>& parts, const ZipOptions& options = {});
std::string deflated(const std::string& content);
std::uint32_t crc_of(const std::string& content);
inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A wheel: files plus dist-info with a matching RECORD. `entries` may change the text of RECORD.
struct WheelParts {
  std::string name = "pkg", version = "1.0";
  std::vector<Part> files;
  std::string wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
  std::optional<std::string> metadata = {};
  std::string entry_points;
  std::vector<Part> unrecorded;  ///< members that RECORD does not list
  std::string record_addition;   ///< additional lines
  std::optional<std::string> record = {};

  std::string dist_info() const { return name + "-" + version + ".dist-info"; }
  std::string filename() const { return name + "-" + version + "-py3-none-any.whl"; }
  std::string archive() const;
};

std::string record_line(const std::string& path, const std::string& content);

}  // namespace envstore::test

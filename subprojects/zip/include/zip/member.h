#pragma once
#include <cstdint>
#include <string>

namespace zip {

/// One file of an archive. Directories are not members.
struct Member {
  std::string name;         ///< safe: is_safe_name (names.h)
  bool executable = false;  ///< its Unix mode has an execute bit
  bool deflated = false;    ///< otherwise stored
  std::uint32_t crc32 = 0;
  std::uint64_t compressed_size = 0, size = 0;
  /// In an Archive: the offset of the compressed bytes. In a directory read by read_tail: the offset of the
  /// local header, because only that header shows where the bytes begin.
  std::uint64_t data_offset = 0;
};

}  // namespace zip

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/platform/files.h"

namespace envstore {

/// A name in a directory, with what getdents64 returns for it. No stat, except where the type is unknown.
struct ScannedName {
  std::string text;
  unsigned char type = 0;  ///< DT_...
  std::uint64_t inode = 0;
};

/// Names of an open directory, sorted by bytes, without `.` and `..`.
std::vector<ScannedName> scan_names(int directory, std::string_view path_for_errors);
/// nullopt: it does not exist, is not a directory, or may not be opened.
std::optional<Fd> try_open_directory(int directory, const std::string& path);

}  // namespace envstore

#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "end_records.h"
#include "entry.h"

namespace zip {

/// Reads all entries of the central directory (APPNOTE 4.3.12) and checks what it alone reveals: names,
/// types, methods, sizes, but not the order. `directory` is the range [location.offset, location.end).
/// Refuses names that occur twice with different size or CRC, or that are both file and directory.
std::vector<Entry> read_directory(std::span<const std::byte> directory, const Location& location);

}  // namespace zip

#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "store/index/index_pages.h"
#include "store/platform/format.h"

// The pages of an LMDB environment (release 0.9, data version 1) on 64-bit little-endian machines. Only
// index_pages*.cpp include this.

namespace envstore::index::page_format {

static_assert(std::endian::native == std::endian::little && sizeof(std::size_t) == 8);

constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::uint32_t kDataVersion = 1;
// Flags of a page.
constexpr std::uint16_t kBranch = 0x01, kLeaf = 0x02, kOverflow = 0x04, kMeta = 0x08;
// Flags of a node. kBigData: its value is in overflow pages.
constexpr std::uint16_t kBigData = 0x01;
// Flags of a tree. kMadeByFileName is MDB_NOSUBDIR, stored when an environment is created; it has no meaning
// for the tree.
constexpr std::uint16_t kIntegerKeys = 0x08, kMadeByFileName = 0x4000;
constexpr std::size_t kHeaderSize = 16;
constexpr std::size_t kNodeHeaderSize = 8;
constexpr std::size_t kLongestKey = 511;
constexpr std::uint64_t kFirstPage = 2;

// Offsets in a page.
constexpr std::size_t kNumberAt = 0, kFlagsAt = 10, kLowerAt = 12, kUpperAt = 14, kOverflowPagesAt = 12;
// Offsets in a meta page.
constexpr std::size_t kMagicAt = 16, kVersionAt = 20, kFreeTreeAt = 40, kRowTreeAt = 88, kLastPageAt = 136,
                      kTransactionAt = 144;
// Offsets in the description of a tree.
constexpr std::size_t kTreePageSizeAt = 0, kTreeFlagsAt = 4, kTreeDepthAt = 6, kTreeRootAt = 40;

template <class Number>
Number number_at(const char* bytes, std::size_t offset) {
  Number number;
  std::memcpy(&number, bytes + offset, sizeof number);
  return number;
}

[[noreturn]] inline void fail(std::uint64_t page, std::string_view reason) {
  throw PageError(format_text("its page {} is damaged ({})", page, reason));
}

/// Keys in the tree of free pages are numbers.
inline bool is_before(Pages::Tree tree, std::string_view a, std::string_view b) {
  if (tree == Pages::Tree::rows) return a < b;
  return number_at<std::uint64_t>(a.data(), 0) < number_at<std::uint64_t>(b.data(), 0);
}

}  // namespace envstore::index::page_format

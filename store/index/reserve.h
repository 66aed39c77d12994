#pragma once
#include <cstdint>

namespace envstore {

/// locks/gc.reserve: space that the store keeps for itself, so that on a disk without a free byte the index
/// can still be written, which a collection needs, and a boot that begins. `root` is the store's directory.
/// Nothing where the disk has little room left. Never throws.
void keep_reserve(int root) noexcept;
/// Gives the space back to the disk. False: there was none.
bool drop_reserve(int root);

/// Bytes that the user may still write.
std::uint64_t free_bytes(int root);

}  // namespace envstore

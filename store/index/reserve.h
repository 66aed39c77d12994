#pragma once
#include <cstdint>

namespace envstore {

/// locks/gc.reserve: disk space that the store reserves, so that the index can still be written on a full
/// disk: by a collection, and by the first transaction after a boot. `root` is the store's directory. Makes
/// no reserve if the disk has little space left. Never throws.
void keep_reserve(int root) noexcept;
/// Returns the space to the disk. False: there was no reserve.
bool drop_reserve(int root);

/// Bytes on the disk that the user can still write.
std::uint64_t free_bytes(int root);

}  // namespace envstore

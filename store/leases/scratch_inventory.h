#pragma once
#include <cstdint>
#include <string_view>

namespace envstore {

/// Writes the stamp of every directory and file of a scratch to its file `.inventory`, which is read back in
/// one small read. A directory's mtime changes with every name that is added, removed or replaced in it, so
/// links need no stamp. The mtimes of directories and of the scratch's own files are first set to `past_ns`,
/// the time_of_boot, because the clock of file timestamps is too coarse to distinguish a change in the first
/// milliseconds from the creation.
void take_inventory(int scratch, std::int64_t past_ns);

/// A time between 2001 and 2017, in whole seconds, that tells boots apart: the mtime of a scratch says in
/// which boot it was made. After a power cut its files can be empty: nothing syncs a scratch.
std::int64_t time_of_boot(std::string_view boot_id);

/// True if every stamp is unchanged. False also if the inventory is missing or malformed. Throws Error only
/// if the filesystem fails.
bool is_as_inventoried(int scratch);

}  // namespace envstore

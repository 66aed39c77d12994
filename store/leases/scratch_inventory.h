#pragma once

namespace envstore {

/// Notes the stamp of every directory and file of a scratch in its file `.inventory`, which one small read
/// brings back. A directory's mtime tells of every name that was added, removed, replaced in it; so links
/// need no stamp. The mtimes of directories and of the scratch's own files are first set back, because the
/// clock that stamps files is too coarse to tell a change in the first milliseconds from the making.
void take_inventory(int scratch);

/// Every stamp is the same. False as well for an inventory that is missing or cannot be understood. Throws
/// Error only when the filesystem fails.
bool is_as_inventoried(int scratch);

}  // namespace envstore

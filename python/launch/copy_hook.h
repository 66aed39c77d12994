#pragma once
#include <string>

namespace envstore {

/// One line for a `.pth` file (docs.python.org, `site`). Files of a store are read-only, and `shutil` copies
/// modes; the line installs a hook that adds the owner's write permission to files that `shutil.copymode`,
/// `copystat` and their callers copy from the store. Until the program imports `shutil`, the hook costs one
/// comparison per import. `store`: a Python expression for the store's path.
std::string copy_hook_line(const std::string& store);

}  // namespace envstore

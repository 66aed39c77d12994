#pragma once
#include <string>

namespace envstore {

/// One line for a `.pth` file (docs.python.org, `site`). Files of a store are read-only, and `shutil` copies
/// modes; the line lets what `shutil.copymode`, `copystat` and all that uses them copy from the store be
/// writable for its owner. Until the program imports `shutil` it costs one comparison an import.
/// `store`: a Python expression for the store's path.
std::string copy_hook_line(const std::string& store);

}  // namespace envstore

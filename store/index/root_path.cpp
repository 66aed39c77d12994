#include "store/index/root_path.h"

#include <fcntl.h>
#include <unistd.h>
#include <climits>

#include "store/platform/format.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

/// Leaves room for a snapshot's site-packages, the snapshot's name and 900 bytes for a file in it.
constexpr std::size_t kLongest = PATH_MAX - 1024;

}  // namespace

std::optional<std::string> reason_against_path(const std::string& root) {
  if (root.find(':') != std::string::npos)
    return "PATH cannot carry a path with a ':', so the commands of its environments would not be found";
  if (root.size() > kLongest)
    return format_text("its path has {} bytes, of {} at most: files below it would have no name", root.size(),
                       kLongest);
  return std::nullopt;
}

/// Checks `leases` as well: the root itself is rarely written to, so its mode alone proves nothing.
bool is_unwritable(int root) {
  return faccessat(root, ".", W_OK, AT_EACCESS) != 0 &&
         faccessat(root, store_paths::kLeases, W_OK, AT_EACCESS) != 0;
}

}  // namespace envstore

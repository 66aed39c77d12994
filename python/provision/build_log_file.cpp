#include "python/provision/build_log_file.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/folders.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::size_t kMostLogs = 20;

void remove_oldest(StoreWriter& store) {
  std::vector<std::pair<std::int64_t, std::string>> logs;
  for (const DirectoryEntry& entry : list_folder(store.root(), store_paths::kLogs)) {
    if (!entry.name.starts_with(store_paths::kBuildLogPrefix)) continue;
    const std::string path = store_paths::join(store_paths::kLogs, entry.name);
    if (const auto stamp = stat_at(store.root(), path, Links::do_not_follow))
      logs.emplace_back(stamp->mtime_ns, path);
  }
  if (logs.size() < kMostLogs) return;
  std::sort(logs.begin(), logs.end());
  for (std::size_t i = 0; i + kMostLogs <= logs.size(); ++i) unlink_if_there(store.root(), logs[i].second);
}

std::string new_log(StoreWriter& store, const std::string& name, const std::string& version) {
  remove_oldest(store);
  const std::string path = store_paths::build_log(name, version, random_name().substr(0, 8));
  with_folder(store.root(), path,
              [&] { return open_file(store.root(), path, O_WRONLY | O_CREAT | O_EXCL, 0600); });
  return store.path() + "/" + path;
}

}  // namespace

BuildLogFile::BuildLogFile(StoreWriter& store, const std::string& name, const std::string& version)
    : path_(new_log(store, name, version)) {}

BuildLogFile::~BuildLogFile() {
  if (is_kept_) return;
  try {
    unlink_if_there(AT_FDCWD, path_);
  } catch (const Error&) {
    // One more of a bounded number.
  }
}

}  // namespace envstore

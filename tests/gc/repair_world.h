#pragma once
#include <dirent.h>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gc/repair/repair_parts.h"
#include "tests/gc/damage_world.h"

namespace envstore::testing {

/// A DamageWorld with what the parts of a repair need.
class RepairWorld : public DamageWorld {
 public:
  /// As a verification of now sees the store.
  std::unique_ptr<Verification> verification() {
    auto made = std::make_unique<Verification>(store(), derived, options_);
    made->ledger.load(store(), 1);
    return made;
  }
  /// Contents of the files in quarantine, sorted.
  std::vector<std::string> quarantined() {
    std::vector<std::string> contents;
    if (!exists(store_paths::kQuarantine)) return contents;
    for (const DirectoryEntry& entry : list_directory(store().root(), store_paths::kQuarantine))
      contents.push_back(entry.type == DT_REG ? content(join(store_paths::kQuarantine, entry.name))
                                              : std::string("directory"));
    std::sort(contents.begin(), contents.end());
    return contents;
  }
  bool exists(const std::string& path) {
    return stat_at(store().root(), path, Links::do_not_follow).has_value();
  }
  std::uint32_t mode(const std::string& path) { return stamp(path).mode & 07777; }
  static std::string join(const std::string& folder, const std::string& name) { return folder + "/" + name; }

 private:
  const VerifyOptions options_{};
  Lease lease_ = lease(store());

 public:
  Workbench bench{store(), lease_};
};

inline BlobId blob_of(const std::string& content) {
  return BlobId{sha256(as_bytes(content))};
}

}  // namespace envstore::testing

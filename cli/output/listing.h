#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/gc_settings.h"
#include "store/index/store.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

struct ListedSnapshot {
  SnapshotId id;
  SnapshotRow row;
  SnapshotRecord record;
  std::optional<std::int64_t> last_use_ns;
  std::vector<std::string> labels;  ///< of its requests; sorted, unique
  std::optional<Fate> fate;
  std::uint64_t own_bytes = 0;       ///< on disk: freed by its deletion
  std::vector<std::string> held_by;  ///< names of roots
  bool is_in_use = false;            ///< a live lease names it
};

struct ListedLease {
  std::string name;
  LeaseRow row;
  bool is_live = false;  ///< its lock is held
  bool has_row = true;   ///< false: only its lock file exists
  bool is_known = true;  ///< false: its snapshots cannot be read from its file
};

/// The data of `envstore ls`. Snapshots are ordered by last use, most recent first.
struct Listing {
  std::vector<ListedSnapshot> snapshots;
  std::vector<std::pair<std::string, RootRow>> roots;
  std::vector<ListedLease> leases;
  std::uint64_t bytes = 0;  ///< of the whole store, as max-size counts it
};

Listing read_listing(const StoreReader& store);

/// RFC 3339, in UTC.
std::string time_text(std::int64_t when_ns);

std::string listing_text(const Listing& listing, const Policy& policy, std::int64_t now_ns);
std::string listing_json(const Listing& listing, const SettingsLayer& settings);

}  // namespace envstore

#include "cli/output/listing.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/output/phrases.h"
#include "gc/census/census.h"
#include "gc/collect/policy.h"
#include "store/leases/lease.h"
#include "store/leases/lease_file.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

std::string ago(std::int64_t then_ns, std::int64_t now_ns) {
  constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;
  const std::int64_t seconds = std::max<std::int64_t>(0, (now_ns - then_ns) / kNanoseconds);
  if (seconds < kMinute) return format_text("{} s ago", seconds);
  if (seconds < kHour) return format_text("{} min ago", seconds / kMinute);
  if (seconds < kDay) return format_text("{} h ago", seconds / kHour);
  return format_text("{} days ago", seconds / kDay);
}

const char* name_of(Layout layout) {
  return layout == Layout::farm ? "farm" : "forest";
}
const char* name_of(RootKind kind) {
  return kind == RootKind::pin ? "pin" : kind == RootKind::venv ? "venv" : "project";
}

std::string packages_text(const SnapshotRecord& record) {
  constexpr std::size_t kShown = 6;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, record.trees.size()); ++i)
    text += (i == 0 ? "" : ", ") + record.trees[i].name + " " + record.trees[i].version;
  if (record.trees.size() > kShown) text += format_text(" and {} more", record.trees.size() - kShown);
  return text.empty() ? "no packages" : text;
}

std::string layouts_text(const SnapshotRow& row) {
  std::string text;
  for (const Layout layout : row.layouts) text += (text.empty() ? "" : ", ") + std::string(name_of(layout));
  return text.empty() ? "not laid out" : text;
}

/// Adds sizes, roots and leases to the snapshots that are in both the listing and the census.
void add_census(const Census& census, Listing& listing) {
  const std::vector<std::uint64_t> own = own_bytes(census);
  std::map<SnapshotId, std::uint32_t> positions;
  for (std::uint32_t position = 0; position < census.snapshots.size(); ++position)
    positions.emplace(census.snapshots[position].id, position);
  for (ListedSnapshot& snapshot : listing.snapshots) {
    const auto found = positions.find(snapshot.id);
    if (found == positions.end()) continue;
    const CountedSnapshot& counted = census.snapshots[found->second];
    snapshot.own_bytes = own[found->second];
    snapshot.held_by = counted.held_by;
    snapshot.is_in_use = !counted.leased_by.empty();
  }
}

/// The interpreter's identity as JSON; null if the record is damaged and it is not an object.
nlohmann::json interpreter_json(const std::string& identity) {
  nlohmann::json json = nlohmann::json::parse(identity, nullptr, false);
  return json.is_object() ? json : nlohmann::json();
}

nlohmann::json snapshot_json(const ListedSnapshot& snapshot) {
  nlohmann::json packages = nlohmann::json::array(), layouts = nlohmann::json::array();
  for (const SnapshotTree& tree : snapshot.record.trees)
    packages.push_back({{"name", tree.name}, {"version", tree.version}, {"tree", tree.tree.hex()}});
  for (const Layout layout : snapshot.row.layouts) layouts.push_back(name_of(layout));
  nlohmann::json json = {{"id", snapshot.id.hex()},
                         {"interpreter", interpreter_json(snapshot.record.interpreter)},
                         {"packages", std::move(packages)},
                         {"layouts", std::move(layouts)},
                         {"made_at", time_text(snapshot.row.made_at_ns)},
                         {"last_use", nullptr},
                         {"requests", snapshot.labels},
                         {"own_bytes", snapshot.own_bytes},
                         {"held_by", snapshot.held_by},
                         {"in_use", snapshot.is_in_use},
                         {"fate", nullptr}};
  if (snapshot.last_use_ns) json["last_use"] = time_text(*snapshot.last_use_ns);
  if (snapshot.fate) json["fate"] = *snapshot.fate == Fate::condemned ? "condemned" : "deleting";
  return json;
}

}  // namespace

std::string time_text(std::int64_t when_ns) {
  const std::time_t seconds = static_cast<std::time_t>(when_ns / kNanoseconds);
  std::tm parts{};
  constexpr std::size_t kLength = 32;
  char text[kLength];
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, kLength, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
    return "unknown";
  return text;
}

namespace {

void read_rows(const StoreReader& store, Listing& listing) {
  Index::Read rows = store.index().read();
  std::map<SnapshotId, std::set<std::string>> labels;
  rows.each_request([&](const Fingerprint&, const RequestRow& row) {
    if (!row.label.empty()) labels[row.snapshot].insert(row.label);
    return true;
  });
  rows.each_snapshot([&](const SnapshotId& id, const SnapshotRow& row) {
    listing.snapshots.push_back({id, row, SnapshotRecord::parse(row.record), {}, {}, {}, 0, {}, false});
    return true;
  });
  for (ListedSnapshot& snapshot : listing.snapshots) {
    snapshot.last_use_ns = rows.last_use_ns(snapshot.id);
    snapshot.labels.assign(labels[snapshot.id].begin(), labels[snapshot.id].end());
    if (const auto fate = rows.fate(snapshot.id)) snapshot.fate = fate->fate;
  }
  std::stable_sort(listing.snapshots.begin(), listing.snapshots.end(), [](const auto& a, const auto& b) {
    return a.last_use_ns.value_or(a.row.made_at_ns) > b.last_use_ns.value_or(b.row.made_at_ns);
  });
  rows.each_root([&](const std::string& name, const RootRow& row) {
    listing.roots.emplace_back(name, row);
    return true;
  });
  rows.each_lease([&](const std::string& name, const LeaseRow& row) {
    listing.leases.push_back({name, row, false});
    return true;
  });
}

void add_leases_without_row(const StoreReader& store, Listing& listing) {
  std::set<std::string> listed;
  for (const ListedLease& lease : listing.leases) listed.insert(lease.name);
  for (HeldLease& lease : held_leases(store)) {
    if (listed.contains(lease.name)) continue;
    const bool is_known = lease.row.has_value();
    listing.leases.push_back({lease.name, lease.row.value_or(LeaseRow{}), true, false, is_known});
  }
}

std::string lease_text(const ListedLease& lease) {
  if (!lease.is_known)
    return format_text("lease {} (unknown): its file cannot be read, so nothing is removed\n", lease.name);
  return format_text("lease {} ({}, process {}{}): {}\n", lease.name, name_of(lease.row.kind), lease.row.pid,
                     lease.is_live ? "" : ", ended", lease.row.what);
}

nlohmann::json rules_json(const SettingsLayer& settings) {
  nlohmann::json rules = nlohmann::json::object();
  for (const auto& [setting, values] : settings.values())
    rules[std::string(setting->name.substr(setting->name.find('.') + 1))] = {
        {"value", values.front().value}, {"source", values.front().source}};
  return rules;
}

}  // namespace

Listing read_listing(const StoreReader& store) {
  Listing listing;
  read_rows(store, listing);
  for (ListedLease& lease : listing.leases) lease.is_live = is_lease_live(store, lease.name);
  add_leases_without_row(store, listing);
  const Census census = take_census(store);
  add_census(census, listing);
  listing.bytes = census.total_bytes() + census.overhead_bytes();
  return listing;
}

std::string listing_text(const Listing& listing, const Policy& policy, std::int64_t now_ns) {
  std::string text;
  for (const ListedSnapshot& snapshot : listing.snapshots) {
    const std::string used =
        snapshot.last_use_ns ? "used " + ago(*snapshot.last_use_ns, now_ns) : "not used since the last start";
    text += format_text("{}  {}  {}  {} own\n", short_id(snapshot.id), layouts_text(snapshot.row), used,
                        print_bytes(snapshot.own_bytes));
    text += format_text("  {}\n", packages_text(snapshot.record));
    for (const std::string& label : snapshot.labels) text += format_text("  for {}\n", label);
    for (const std::string& root : snapshot.held_by) text += format_text("  kept by {}\n", root);
    if (snapshot.is_in_use) text += "  in use\n";
    if (snapshot.fate) text += "  being removed\n";
  }
  if (listing.snapshots.empty()) text += "no snapshots\n";
  for (const auto& [name, root] : listing.roots)
    text += format_text("root {} ({}) keeps {}\n", name, name_of(root.kind), short_id(root.snapshot));
  for (const ListedLease& lease : listing.leases) text += lease_text(lease);
  return text + format_text("the store takes {}, and {}\n", print_bytes(listing.bytes), rules_text(policy));
}

std::string listing_json(const Listing& listing, const SettingsLayer& settings) {
  nlohmann::json snapshots = nlohmann::json::array(), roots = nlohmann::json::array(),
                 leases = nlohmann::json::array();
  for (const ListedSnapshot& snapshot : listing.snapshots) snapshots.push_back(snapshot_json(snapshot));
  for (const auto& [name, root] : listing.roots)
    roots.push_back({{"name", name},
                     {"kind", name_of(root.kind)},
                     {"path", root.path},
                     {"snapshot", root.snapshot.hex()},
                     {"made_at", time_text(root.made_at_ns)}});
  for (const ListedLease& lease : listing.leases) {
    nlohmann::json held = nlohmann::json::array();
    for (const SnapshotId& id : lease.row.snapshots) held.push_back(id.hex());
    leases.push_back({{"name", lease.name},
                      {"kind", lease.is_known ? name_of(lease.row.kind) : "unknown"},
                      {"live", lease.is_live},
                      {"pid", lease.row.pid},
                      {"what", lease.row.what},
                      {"made_at", time_text(lease.row.made_at_ns)},
                      {"snapshots", std::move(held)}});
  }
  const nlohmann::json json = {{"snapshots", std::move(snapshots)},
                               {"roots", std::move(roots)},
                               {"leases", std::move(leases)},
                               {"bytes", listing.bytes},
                               {"rules", rules_json(settings)}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace envstore

#include "gc/verify/affected.h"

#include <algorithm>
#include <map>
#include <set>

#include "gc/census/in_use.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

template <class Value>
std::vector<Value> sorted(std::set<Value> values) {
  return {values.begin(), values.end()};
}

/// Requests, roots and leases by the snapshots that they name, read once.
class Reach {
 public:
  explicit Reach(Verification& verification) : verification_(verification), store_(verification.store) {
    Index::Read read = store_.index().read_in_slices();
    read.each_request([&](const Fingerprint&, const RequestRow& row) {
      if (!row.label.empty()) labels_[row.snapshot].insert(row.label);
      return true;
    });
    read.each_root([&](const std::string& name, const RootRow& row) {
      roots_[row.snapshot].insert(row.path.empty() || row.path == name ? name : name + " (" + row.path + ")");
      return true;
    });
    read.each_lease([&](const std::string& name, const LeaseRow& row) {
      leases_.emplace_back(name, row.snapshots);
      return true;
    });
  }

  void fill(DamageFound& damage) {
    const std::set<TreeId> trees = trees_of(damage);
    std::set<std::string> packages;
    std::set<SnapshotId> snapshots;
    if (damage.snapshot) snapshots.insert(*damage.snapshot);
    Index::Read read = store_.index().read();
    for (const TreeId& id : trees) {
      if (const auto row = read.tree(id)) packages.insert(row->name + " " + row->version);
      if (damage.snapshot) continue;
      for (const SnapshotId& snapshot : read.snapshots_of(id)) snapshots.insert(snapshot);
    }
    damage.affected.packages = sorted(std::move(packages));
    std::set<std::string> labels, roots;
    for (const SnapshotId& id : snapshots) {
      labels.insert(labels_[id].begin(), labels_[id].end());
      roots.insert(roots_[id].begin(), roots_[id].end());
    }
    damage.affected.snapshots = sorted(std::move(snapshots));
    damage.affected.requests = sorted(std::move(labels));
    damage.affected.roots = sorted(std::move(roots));
  }

  /// Adds to the damage of an object the names of the files that have it.
  void name_places(DamageFound& damage) {
    constexpr std::size_t kMostNamed = 3;
    if (!damage.blob || damage.tree) return;
    std::vector<std::string> places;
    for (const TreeId& id : trees_of(damage))
      for (const std::string& path : places_in(id, *damage.blob)) places.push_back(path);
    if (places.empty()) return;
    std::string text;
    for (std::size_t i = 0; i < std::min(places.size(), kMostNamed); ++i)
      text += (i == 0 ? "" : ", ") + places[i];
    if (places.size() > kMostNamed) text += format_text(" and {} more", places.size() - kMostNamed);
    damage.detail += "; it is " + text;
  }

  /// Examines all processes once, then assigns them to the damage that their evidence names.
  void add_processes(std::vector<DamageFound>& found) {
    std::set<std::string> paths, lease_names;
    for (const DamageFound& damage : found) {
      for (const TreeId& id : trees_of(damage)) paths.insert(store_.path() + "/" + store_paths::tree(id));
      for (const SnapshotId& id : damage.affected.snapshots)
        for (const Layout layout : {Layout::farm, Layout::forest})
          paths.insert(store_.path() + "/" + store_paths::snapshot(id, layout));
    }
    for (const auto& [name, snapshots] : leases_) lease_names.insert(name);
    if (paths.empty()) return;
    const std::vector<ProcessUse> uses = processes_using(sorted(paths), sorted(lease_names));
    for (const ProcessUse& use : uses)
      for (DamageFound& damage : found)
        if (sees(use, damage)) damage.affected.processes.push_back(use);
  }

 private:
  std::set<TreeId> trees_of(const DamageFound& damage) {
    std::set<TreeId> trees;
    if (damage.tree)
      trees.insert(*damage.tree);
    else if (damage.blob)
      for (const TreeId& id : store_.index().read().trees_of(*damage.blob)) trees.insert(id);
    return trees;
  }

  std::vector<std::string> places_in(const TreeId& id, const BlobId& blob) {
    std::vector<std::string> paths;
    try {
      const auto manifest = verification_.manifest(id);
      for (const TreeEntry& entry : manifest->entries())
        if (entry.blob == blob) paths.push_back(entry.path);
    } catch (const Error&) {
      return {};  // the manifest is damaged, and reported as such
    }
    return paths;
  }

  bool sees(const ProcessUse& use, const DamageFound& damage) {
    const auto names = [&](const std::string& id) { return use.evidence.find(id) != std::string::npos; };
    const auto& affected = damage.affected.snapshots;
    for (const SnapshotId& id : affected)
      if (names(id.hex())) return true;
    for (const TreeId& id : trees_of(damage))
      if (names(id.hex())) return true;
    return std::any_of(leases_.begin(), leases_.end(), [&](const auto& lease) {
      return names(lease.first) &&
             std::any_of(lease.second.begin(), lease.second.end(), [&](const SnapshotId& id) {
               return std::binary_search(affected.begin(), affected.end(), id);
             });
    });
  }

  Verification& verification_;
  const StoreReader& store_;
  std::map<SnapshotId, std::set<std::string>> labels_, roots_;
  std::vector<std::pair<std::string, std::vector<SnapshotId>>> leases_;
};

}  // namespace

void find_affected(Verification& verification, std::vector<DamageFound>& found) {
  if (found.empty()) return;
  Reach reach(verification);
  for (DamageFound& damage : found) {
    reach.fill(damage);
    reach.name_places(damage);
  }
  reach.add_processes(found);
}

}  // namespace envstore

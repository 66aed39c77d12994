// check_store [--after-power-cut | --next-boot] [--swept] [--verbose] [--list] ROOT
//
// Reads a store by docs/FORMAT.md alone, shares no code with envstore, and prints what violates that page.
// No process may use the store meanwhile. Exit 0: sound; 1: findings; 2: the store could not be checked.
//   --after-power-cut  the volatile index is of an earlier boot, and files that no durable row names may be
//                      in any state
//   --next-boot        commands have run since the power cut: what has no row may still be in any state
//   --swept            a collection has just ended: garbage counts as a finding
//   --list             also prints what is durable and must stay: `durable tree ID`, `durable snapshot ID`

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "disk.h"
#include "findings.h"
#include "index_view.h"
#include "tree_checks.h"

namespace check {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

struct Options {
  bool after_power_cut = false, next_boot = false, swept = false, verbose = false, lists = false;
  std::string root;
};

bool is_id(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<std::string> trees_of(const std::string& record) {
  std::vector<std::string> trees;
  const Json value = Json::parse(record);
  for (const Json& tree : value.at("trees")) trees.push_back(tree.at("tree"));
  return trees;
}

class Checker {
 public:
  Checker(const Options& options, Findings& findings)
      : options_(options), findings_(findings), disk_(options.root) {}

  void run() {
    const RawRows durable = read_environment(options_.root + "/index", 64 * kGiB);
    views_.push_back(decode("durable", durable, findings_));
    if (!options_.after_power_cut) {
      const std::string boot = read_whole("/proc/sys/kernel/random/boot_id").substr(0, 36);
      const RawRows volatile_side = read_environment(options_.root + "/volatile/" + boot, 16 * kGiB);
      views_.push_back(decode("effective", laid_over(durable, volatile_side, findings_), findings_));
      check_leases(views_.back());
    }
    for (const View& view : views_) check_view(view);
    check_names();
    if (options_.lists) list(views_.front());
  }

 private:
  void complain(const View& view, const std::string& subject, const std::vector<std::string>& faults) {
    for (const std::string& fault : faults) findings_.finding(view.name + ": " + subject + ": " + fault);
  }

  static void list(const View& durable) {
    std::set<std::string> trees;
    for (const auto& [id, row] : durable.snapshots) {
      if (durable.is_going(id)) continue;
      std::cout << "durable snapshot " << id << "\n";
      for (const std::string& tree : trees_of(row.record)) trees.insert(tree);
    }
    for (const std::string& tree : trees) std::cout << "durable tree " << tree << "\n";
  }

  void check_view(const View& view) {
    std::set<std::string> used_trees;
    for (const auto& [id, row] : view.snapshots) check_snapshot(view, id, row, used_trees);
    std::set<std::string> used_blobs;
    for (const std::string& id : view.trees) check_tree(view, id, used_trees.contains(id), used_blobs);
    for (const auto& [id, row] : view.blobs) check_blob(view, id, row, used_blobs.contains(id));
    check_references(view);
  }

  void check_snapshot(const View& view, const std::string& id, const SnapshotFacts& row,
                      std::set<std::string>& used_trees) {
    const std::string subject = "snapshot " + id;
    if (sha256(row.record) != id) return complain(view, subject, {"its row's record hashes to another id"});
    const std::vector<std::string> trees = trees_of(row.record);
    for (const std::string& tree : trees)
      if (!view.tree_snapshots.contains({tree, id}))
        findings_.finding(view.name + ": " + subject + ": no reverse row from its tree " + tree);
    if (view.is_going(id)) return;
    complain(view, "snapshots/" + id + ".json", disk_.faults_of_record(id, row.record));
    for (const std::string& layout : row.layouts)
      complain(view, "snapshots/" + id + "." + layout, disk_.faults_of_layout(id, layout, row.record));
    for (const std::string& tree : trees) {
      used_trees.insert(tree);
      if (!view.trees.contains(tree)) complain(view, subject, {"its tree " + tree + " has no row"});
    }
  }

  void check_tree(const View& view, const std::string& id, bool is_used, std::set<std::string>& used_blobs) {
    const std::string subject = "trees/" + id;
    if (!is_used && !is_there(options_.root + "/" + subject))
      return findings_.leftover(view.name + ": row of " + subject + ", which is gone");
    complain(view, subject, disk_.faults_of_tree(id));
    const auto* manifest = disk_.manifest(id);
    if (manifest == nullptr) return;
    for (const ManifestEntry& entry : *manifest) {
      if (entry.size == 0) continue;
      used_blobs.insert(entry.blob);
      if (!view.blobs.contains(entry.blob))
        complain(view, subject, {"the blob of " + entry.path + " has no row"});
      if (!view.blob_trees.contains({entry.blob, id}))
        complain(view, subject, {"no reverse row from the blob of " + entry.path});
    }
  }

  void check_blob(const View& view, const std::string& id, const BlobFacts& row, bool is_used) {
    const std::string path = "objects/" + id.substr(0, 2) + "/" + id.substr(2);
    const auto facts = disk_.contents().of(options_.root + "/" + path);
    if (!facts && !is_used) return findings_.leftover(view.name + ": row of " + path + ", which is gone");
    if (!facts) return complain(view, path, {"it is missing"});
    if (facts->sha256 != id) complain(view, path, {"it has other bytes than its name says"});
    if (facts->size != row.size) complain(view, path, {"it has another size than its row says"});
    if (facts->fingerprint != row.fingerprint) complain(view, path, {"its row has another fingerprint"});
    if (facts->mode != 0444 && facts->mode != 0555) complain(view, path, {"its mode was changed"});
    if (!is_used) findings_.leftover(view.name + ": " + path + " is in no tree");
  }

  void check_references(const View& view) {
    for (const auto& [wheel, tree] : view.wheels)
      if (!view.trees.contains(tree)) complain(view, "wheel " + wheel, {"its tree " + tree + " has no row"});
    // A collection removes snapshots first; a run that finds an answer without its snapshot resolves again.
    for (const auto& [key, snapshot] : view.requests)
      if (!view.snapshots.contains(snapshot))
        findings_.leftover(view.name + ": request " + key + ": no snapshot " + snapshot);
    for (const auto& [key, snapshots] : view.cached_runs)
      for (const std::string& snapshot : snapshots)
        if (!view.snapshots.contains(snapshot))
          findings_.leftover(view.name + ": cached run " + key + ": no snapshot " + snapshot);
    for (const auto& [name, snapshot] : view.roots)
      if (!view.snapshots.contains(snapshot) || view.is_going(snapshot))
        complain(view, "root " + name, {"no snapshot " + snapshot});
    for (const auto& [blob, tree] : view.blob_trees) {
      if (!view.blobs.contains(blob)) complain(view, "reverse row", {"no blob " + blob});
      if (!view.trees.contains(tree))  // for a tree of many files, written before its own row
        findings_.leftover(view.name + ": reverse row from blob " + blob + " to no tree " + tree);
    }
    for (const auto& [tree, snapshot] : view.tree_snapshots)
      if (!view.snapshots.contains(snapshot) || !view.trees.contains(tree))
        complain(view, "reverse row",
                 {"from tree " + tree + " to snapshot " + snapshot + ": one has no row"});
  }

  /// A lease file is created before its row and removed after it, and names all snapshots that the row names.
  void check_leases(const View& view) {
    for (const auto& [name, snapshots] : view.leases) {
      if (!is_there(options_.root + "/leases/" + name)) complain(view, "lease " + name, {"it has no file"});
      const auto told = snapshots_in_lease_file(options_.root + "/leases/" + name);
      for (const std::string& snapshot : snapshots) {
        if (!view.snapshots.contains(snapshot)) complain(view, "lease " + name, {"no snapshot " + snapshot});
        if (told && !told->contains(snapshot))
          complain(view, "lease " + name, {"its file does not name snapshot " + snapshot});
      }
    }
  }

  /// Everything visible must be complete; after a power cut, only what a durable row names.
  void check_names() {
    if (!is_there(options_.root + "/format")) return;  // written last: the store was never used
    const View& view = views_.back();
    for (const std::string& name : names_in(options_.root + "/trees")) {
      if (!is_id(name)) findings_.finding("trees/" + name + " is no tree's name");
      if (!is_id(name) || view.trees.contains(name)) continue;
      unnamed("trees/" + name, disk_.faults_of_tree(name));
    }
    for (const std::string& name : names_in(options_.root + "/snapshots")) check_snapshot_name(name);
    for (const char* folder : {"tmp", "trash", "leases"})
      for (const std::string& name : names_in(options_.root + "/" + folder))
        findings_.leftover(std::string(folder) + "/" + name);
    for (const std::string& name : names_in(options_.root + "/scratch"))
      if (!name.starts_with("spare-")) findings_.leftover("scratch/" + name);
  }

  /// A path without a row: garbage, or an orphan that will get its row.
  void unnamed(const std::string& path, const std::vector<std::string>& faults) {
    findings_.leftover(path + " has no row");
    if (options_.after_power_cut || options_.next_boot) return;
    for (const std::string& fault : faults) findings_.finding(path + " is visible half made: " + fault);
  }

  void check_snapshot_name(const std::string& name) {
    const std::string id = name.substr(0, name.find('.'));
    const std::string kind = name.size() > id.size() ? name.substr(id.size() + 1) : "";
    const View& view = views_.back();
    const std::string path = "snapshots/" + name;
    if (is_id(id) && kind.starts_with("json.new-")) return findings_.leftover(path);
    if (!is_id(id) || (kind != "json" && kind != "farm" && kind != "forest"))
      return findings_.finding(path + " is no snapshot's name");
    const auto row = view.snapshots.find(id);
    if (row != view.snapshots.end() && !view.is_going(id) && kind == "json") return;
    if (kind == "json") return unnamed(path, disk_.faults_of_record(id, ""));
    if (row == view.snapshots.end()) return unnamed(path, {});
    const auto& layouts = row->second.layouts;
    if (std::find(layouts.begin(), layouts.end(), kind) == layouts.end() && !view.is_going(id))
      unnamed(path, disk_.faults_of_layout(id, kind, row->second.record));
  }

  const Options& options_;
  Findings& findings_;
  TreeChecks disk_;
  std::vector<View> views_;
};

int report(const Options& options, const Findings& findings) {
  const bool is_sound = findings.findings().empty() && (!options.swept || findings.leftovers().empty());
  for (const std::string& text : findings.findings()) std::cout << "finding: " << text << "\n";
  if (options.verbose || options.swept)
    for (const std::string& text : findings.leftovers()) std::cout << "leftover: " << text << "\n";
  std::cout << findings.findings().size() << " findings, " << findings.leftovers().size() << " leftovers\n";
  return is_sound ? 0 : 1;
}

std::string real_path(const char* path) {
  char* real = realpath(path, nullptr);
  const std::string text = real == nullptr ? path : real;
  std::free(real);
  return text;
}

int run(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--after-power-cut")
      options.after_power_cut = true;
    else if (argument == "--next-boot")
      options.next_boot = true;
    else if (argument == "--swept")
      options.swept = true;
    else if (argument == "--verbose")
      options.verbose = true;
    else if (argument == "--list")
      options.lists = true;
    else
      options.root = real_path(argv[i]);
  }
  if (options.root.empty()) {
    std::cerr << "usage: check_store [--after-power-cut | --next-boot] [--swept] [--verbose] [--list] ROOT\n";
    return 2;
  }
  Findings findings;
  Checker(options, findings).run();
  return report(options, findings);
}

}  // namespace
}  // namespace check

int main(int argc, char** argv) {
  try {
    return check::run(argc, argv);
  } catch (const std::exception& error) {
    std::cout << "finding: the store cannot be read: " << error.what() << "\n";
    return 2;
  }
}

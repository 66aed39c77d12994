#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "disk.h"

namespace check {

/// Checks trees and layouts on disk. The result for a tree is kept, because several views may name it.
class TreeChecks {
 public:
  explicit TreeChecks(std::string root) : root_(std::move(root)) {}

  Contents& contents() { return contents_; }
  /// nullptr: the manifest cannot be read.
  const std::vector<ManifestEntry>* manifest(const std::string& tree);
  /// Faults of trees/<id>; empty: sound. Checks manifest, tree.json, every file and link, and unexpected
  /// files.
  const std::vector<std::string>& faults_of_tree(const std::string& tree);
  /// Faults of snapshots/<id>.<layout>.
  std::vector<std::string> faults_of_layout(const std::string& snapshot, const std::string& layout,
                                            const std::string& record);
  /// Faults of snapshots/<id>.json; its record must equal `record` unless that is empty.
  std::vector<std::string> faults_of_record(const std::string& snapshot, const std::string& record);

 private:
  struct Wanted {
    std::set<std::string> blobs;
    bool is_rewritable = false;  ///< below etc/: a copy that programs may change
  };
  using Faults = std::vector<std::string>;

  void examine_tree(const std::string& tree, Faults& faults);
  void examine_files(const std::string& directory, const std::vector<ManifestEntry>& entries, Faults& faults);
  std::map<std::string, Wanted> wanted_files(const std::string& record, Faults& faults);
  void walk(const std::string& directory, const std::string& below, std::set<std::string>& files,
            Faults& faults);

  std::string root_;
  Contents contents_;
  std::map<std::string, std::optional<std::vector<ManifestEntry>>> manifests_;
  std::map<std::string, Faults> trees_;
};

}  // namespace check

#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "disk.h"

namespace check {

/// Looks at trees and layouts on disk, each once however many views name it.
class TreeChecks {
 public:
  explicit TreeChecks(std::string root) : root_(std::move(root)) {}

  Contents& contents() { return contents_; }
  /// nullptr: the manifest cannot be read, and that was said.
  const std::vector<ManifestEntry>* manifest(const std::string& tree);
  /// What is wrong with trees/<id>; empty: whole. Manifest, tree.json, every file, every link, nothing else.
  const std::vector<std::string>& faults_of_tree(const std::string& tree);
  /// What is wrong with snapshots/<id>.<layout>.
  std::vector<std::string> faults_of_layout(const std::string& snapshot, const std::string& layout,
                                            const std::string& record);
  /// What is wrong with snapshots/<id>.json; `record` is to be equal to the one in it, unless empty.
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

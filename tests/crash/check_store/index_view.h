#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "findings.h"

namespace check {

struct BlobFacts {
  std::uint64_t size = 0;
  std::string fingerprint;  ///< hex
};

struct SnapshotFacts {
  std::string record;
  std::vector<std::string> layouts;  ///< `farm`, `forest`
};

/// The rows of one view, ids in hex. `durable`: the rows that survive a power cut; `effective`: the rows that
/// the next process of this boot sees.
struct View {
  std::string name;
  std::map<std::string, BlobFacts> blobs;
  std::set<std::string> trees;
  std::map<std::string, std::string> wheels;                    ///< tree, by wheel
  std::map<std::string, SnapshotFacts> snapshots;               //
  std::map<std::string, std::string> requests;                  ///< label to snapshot, by key
  std::map<std::string, std::vector<std::string>> cached_runs;  ///< snapshots, by run cache key
  std::map<std::string, std::string> roots;                     ///< name to snapshot
  std::set<std::pair<std::string, std::string>> blob_trees, tree_snapshots;
  std::set<std::string> deleting, condemned;
  std::map<std::string, std::vector<std::string>> leases;  ///< name to snapshots

  bool is_going(const std::string& snapshot) const { return deleting.contains(snapshot); }
};

using RawRows = std::map<std::string, std::string>;

/// All rows of an LMDB environment; empty if it does not exist. Throws std::runtime_error if it is
/// unreadable.
RawRows read_environment(const std::string& directory, std::uint64_t map_size);
/// The durable rows overlaid with those of the volatile environment.
RawRows laid_over(const RawRows& durable, const RawRows& volatile_side, Findings& findings);
/// Decodes every row; a row that cannot be decoded is a finding.
View decode(const std::string& name, const RawRows& rows, Findings& findings);

}  // namespace check

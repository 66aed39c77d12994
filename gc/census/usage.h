#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gc/census/census.h"

namespace envstore {

/// A package in one version from one wheel.
struct PackageUse {
  std::uint32_t tree;          ///< position in Census::trees
  std::uint64_t own_bytes;     ///< of blobs that no other package has
  std::uint64_t shared_bytes;  ///< of blobs that other packages have, too
  std::uint64_t blobs;
  std::uint32_t snapshots;  ///< how many snapshots have it
};

struct SnapshotUse {
  std::uint32_t snapshot;      ///< position in Census::snapshots
  std::uint64_t own_bytes;     ///< what deleting it would free
  std::uint64_t shared_bytes;  ///< the rest: other snapshots, or packages of other snapshots, have it, too
};

/// Disk usage by package and by snapshot, largest first (own, then shared). Bytes on disk, each blob once.
struct Usage {
  std::vector<PackageUse> packages;
  std::vector<SnapshotUse> snapshots;
  std::uint64_t total_bytes = 0, blobs = 0;
  std::uint64_t overhead_bytes = 0;  ///< in addition to the total: folders, bytecode, layouts, the index
  std::uint64_t shared_bytes = 0;    ///< of blobs that several packages have
  std::uint64_t unnamed_bytes = 0;   ///< of blobs that no package has: leftovers, which gc removes
  std::uint64_t apparent_bytes = 0;  ///< as if each snapshot had its own copy of everything
};

/// Pure.
Usage usage_of(const Census& census);

}  // namespace envstore

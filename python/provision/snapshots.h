#pragma once
#include <string>
#include <vector>

#include "store/index/rows.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// What realises the locks of a run: the snapshot of each layer and how it is laid out, top first.
struct Snapshots {
  struct Layer {
    SnapshotId id;
    Layout layout = Layout::farm;
    bool operator==(const Layer&) const = default;
  };
  std::vector<Layer> layers;
  bool operator==(const Snapshots&) const = default;
};

/// The printed form: compact JSON.
std::string to_json(const Snapshots& snapshots);

/// The layers as snapshots. Each is laid out as `wanted`, but if some distribution requires real paths, all
/// of them as forests.
Snapshots laid_out(const std::vector<SnapshotRecord>& layers, Layout wanted);

}  // namespace envstore

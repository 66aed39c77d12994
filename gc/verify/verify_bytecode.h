#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gc/verify/verification.h"

namespace envstore {

/// Damage in the slots of a tree, or in a snapshot's own slots. Files that nothing accounts for are removed
/// and counted (Verification::foreign_bytecode). A file is accounted for by the ledger
/// (store/objects/slot_ledger.h) or, if a root process of Python wrote it beside its source, by the
/// source's time and size in it. At full depth its bytes and the source's hash in it are checked, too.
/// `claims_owner`: leaves the check of the source's hash to `verification.claims`, under this number, if the
/// source will be hashed.
std::vector<DamageFound> examine_tree_bytecode(Verification& verification, const TreeId& id,
                                               const TreeManifest& manifest,
                                               std::optional<std::uint32_t> claims_owner = std::nullopt);
std::vector<DamageFound> examine_snapshot_bytecode(Verification& verification, const SnapshotId& id,
                                                   const LayoutPlan& plan,
                                                   const std::vector<LayoutTree>& trees);

}  // namespace envstore

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gc/verify/verification.h"

namespace envstore {

/// What is in the slots of a tree, or in a snapshot's own, and belongs there by nobody's account. A .pyc is
/// accounted for by the ledger (store/objects/bytecode_ledger.h) or, where a root process of Python wrote it
/// beside its source, by naming that source's time and size. At full depth its bytes and the source's hash in
/// it are checked, too. `claims_owner`: the source's hash is left to `verification.claims`, under this
/// number, where the source will be hashed.
std::vector<DamageFound> examine_tree_bytecode(Verification& verification, const TreeId& id,
                                               const TreeManifest& manifest,
                                               std::optional<std::uint32_t> claims_owner = std::nullopt);
std::vector<DamageFound> examine_snapshot_bytecode(Verification& verification, const SnapshotId& id,
                                                   const LayoutPlan& plan,
                                                   const std::vector<LayoutTree>& trees);

}  // namespace envstore

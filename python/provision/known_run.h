#pragma once
#include <optional>
#include <string>

#include "python/provision/prepare.h"

namespace envstore {

/// Throws Error{invalid_input} if the script's metadata block is not closed or occurs twice, or if the script
/// is UTF-16 or UTF-32.
RunKey key_of(const StoreReader& store, const RunWords& request);

/// The whole warm path: the run cache entry of an earlier run with the same key, and a lease on its
/// snapshots. nullopt: there is no entry, something that it depends on has changed, or the request bypasses
/// the run cache. Needs none of prepare_run's dependencies, so that a small program that starts quickly can
/// be built from it.
std::optional<PreparedRun> known_run(StoreWriter& store, const RunWords& request, const RunKey& key);

/// For messages: the script's path, or the name of the target.
std::string label_of(const RunWords& request);
/// The script's directory, or the working directory.
std::string directory_of(const RunWords& request);

}  // namespace envstore

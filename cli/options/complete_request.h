#pragma once
#include <string>

#include "cli/options/run_request.h"
#include "python/provision/request.h"
#include "store/index/store.h"

namespace envstore {

/// Reads what a run cache miss needs: the script's metadata, and all settings with their sources. `key`: of
/// the setup's request. Throws Error{usage, invalid_input, unsupported} that names the origin of a fault.
Request complete_request(const Arguments& arguments, const RunSetup& setup, const RunKey& key);

/// The text for -v: the store, the target, and the source of each setting.
std::string describe_setup(const StoreReader& store, const Arguments& arguments, const RunSetup& setup);

}  // namespace envstore

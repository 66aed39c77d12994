#pragma once
#include "python/interpreter/other_target.h"
#include "python/lock/pylock.h"
#include "python/provision/request.h"
#include "python/resolve/pins.h"
#include "python/resolve/progress.h"

namespace envstore {

/// Request -> the lock file for its interpreter: resolves its requirements and records every file of the
/// chosen versions that the interpreter can use. Nothing is installed; the store gets cached pages and
/// metadata only. `earlier`: versions that stay if the requirements allow them. A file without a strong hash
/// is downloaded, to hash it. Throws Error as prepare_run, and Error{usage} for a request with two layers.
/// `target`: another environment, for which the lock is made; what is built for its metadata is built by the
/// request's interpreter.
Pylock make_lock(StoreWriter& store, const Request& request, const OtherTarget& target, const Pins& earlier,
                 Progress& progress);

}  // namespace envstore

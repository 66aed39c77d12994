#pragma once
#include <string>

#include "pypackaging/tags.h"
#include "pypackaging/version.h"
#include "python/interpreter/interpreter.h"
#include "python/lock/lock.h"
#include "python/lock/lock_choice.h"
#include "python/lock/pylock.h"
#include "python/settings/build_settings.h"
#include "python/wheel/file_digest.h"

namespace envstore {

/// The environment that a lock file is installed into.
struct LockTarget {
  const Interpreter& interpreter;
  const pypackaging::TagPriority& tags;
  const pypackaging::Version& python;
  BuildSettings build = {};  ///< which packages may be built, and which must be
  LockChoice choice = {};    ///< extras and groups that the lock does not have are ignored
};

/// The packages of a lock file that the environment gets, as the specification's section "Installation"
/// requires: with the extras and groups of `choice`, each with the one wheel that suits it best, else with
/// its sdist, as far as the settings of builds allow. `path` names the lock file in messages. Throws
/// Error{unresolvable} if the lock is not for this environment or an entry has no file for it,
/// Error{unsupported} for another source that would have to be built, Error{invalid_input} for two entries of
/// one package and for a marker that cannot be evaluated; each names the entry and its line.
Lock lock_of(const Pylock& pylock, const std::string& path, const LockTarget& target);

/// The hashes of each file of a lock; a file must have one of them. Throws Error{invalid_input} for a file
/// without a hash that proves anything.
RequiredHashes hashes_of(const Lock& lock, const std::string& path);

}  // namespace envstore

#pragma once
#include "cli/options/config.h"
#include "gc/collect/policy.h"

namespace envstore {

/// Flags > ENVSTORE_GC_* > the user's envstore.yaml > the system's > built in. A project's file has no say:
/// the store serves all of them.
GcSettings gc_settings(const Arguments& arguments);
/// The same without flags.
GcSettings gc_settings();

/// `none`, `never` or `off` is no rule. Throws Error{usage} that names the source of what cannot be
/// understood.
Policy gc_policy(const GcSettings& settings);

/// The rules by which something goes, said of the store: `keeps itself small: ...`.
std::string rules_text(const Policy& policy);

}  // namespace envstore

#pragma once
#include "cli/options/config.h"
#include "gc/collect/policy.h"

namespace envstore {

/// The settings `gc.*`. Priority: flags, ENVSTORE_GC_*, the user's envstore.yaml, the system's, built-in
/// values. The envstore.yaml of a project is not read, because all projects share the store.
SettingsLayer gc_settings(const Arguments& arguments = {});

/// `none`, `never` and `off` disable a rule, except grace. Throws Error{usage} that names the source of an
/// invalid value.
Policy gc_policy(const SettingsLayer& settings);

/// The removal rules as a predicate about the store: `keeps itself small: ...`.
std::string rules_text(const Policy& policy);

}  // namespace envstore

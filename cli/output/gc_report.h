#pragma once
#include <string>

#include "gc/collect/collect.h"

namespace envstore {

/// Of a collection, or (dry_run) of a plan for one. `all`: also every snapshot that stays, and why.
struct GcView {
  const GcReport& report;
  const Policy& policy;
  bool is_dry_run = false;
  bool all = false;
};

/// For people: what went, what that freed, what stayed and why, what holds the space if a cap was missed.
std::string gc_text(const GcView& view);
/// The schema stands in cmd_gc.md.
std::string gc_json(const GcView& view);

}  // namespace envstore

#pragma once
#include <string>

#include "gc/collect/collect.h"

namespace envstore {

/// A collection, or with `is_dry_run` a plan for one. `all`: list also every snapshot that stays, and why.
struct GcView {
  const GcReport& report;
  const Policy& policy;
  bool is_dry_run = false;
  bool all = false;
};

/// Text for the terminal: what was removed, how much space that freed, what stays and why, and what uses the
/// space if a cap was missed.
std::string gc_text(const GcView& view);
/// The schema is documented in cmd_gc.md.
std::string gc_json(const GcView& view);

}  // namespace envstore

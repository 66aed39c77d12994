#include "gc/collect/why.h"

#include <algorithm>
#include <chrono>

#include "gc/census/ages.h"
#include "store/platform/format.h"

namespace envstore {

const char* name_of(Subject::Kind kind) {
  switch (kind) {
    case Subject::Kind::snapshot:
      return "snapshot";
    case Subject::Kind::package:
      return "package";
    case Subject::Kind::file:
      return "file";
    case Subject::Kind::script:
      return "script";
    case Subject::Kind::run:
      return "run";
  }
  return "unknown";
}

Why why(const Census& census, const Policy& policy, Subject subject) {
  Why answer;
  for (const std::uint32_t position : subject.snapshots) {
    const CountedSnapshot& snapshot = census.snapshots[position];
    WhyKept& kept = answer.snapshots.emplace_back();
    kept.snapshot = position;
    for (const std::string& lease : snapshot.leased_by) kept.keepers.push_back({KeptBy::lease, lease});
    for (const std::string& root : snapshot.held_by) kept.keepers.push_back({KeptBy::root, root});
    const std::int64_t ends_ns =
        after(std::min(std::max(snapshot.used_ns(), snapshot.made_at_ns), census.now_ns), policy.grace);
    if (ends_ns > census.now_ns)
      kept.keepers.push_back({KeptBy::grace, format_text("used or made lately: untouched for {} more",
                                                         print_duration(between(census.now_ns, ends_ns)))});
  }
  answer.subject = std::move(subject);
  return answer;
}

}  // namespace envstore

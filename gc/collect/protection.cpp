#include "gc/collect/protection.h"

#include <algorithm>

#include "gc/census/ages.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

std::string first_and_count(const std::vector<std::string>& names) {
  if (names.size() == 1) return names.front();
  return format_text("{} and {} more", names.front(), names.size() - 1);
}

/// Grace counts from the last use or the making, whichever is later, but at most from now.
std::int64_t grace_ends_ns(const CountedSnapshot& snapshot, const Census& census, const Policy& policy) {
  return after(std::min(std::max(snapshot.used_ns(), snapshot.made_at_ns), census.now_ns), policy.grace);
}

}  // namespace

std::optional<Kept> protection_of(const CountedSnapshot& snapshot, std::size_t newer, const Census& census,
                                  const Policy& policy) {
  if (!snapshot.leased_by.empty())
    return Kept{KeptBy::lease, "in use by " + first_and_count(snapshot.leased_by)};
  if (!census.unknown_leases.empty())
    return Kept{KeptBy::lease, "may be in use: " + first_and_count(census.unknown_leases)};
  if (!snapshot.held_by.empty()) return Kept{KeptBy::root, "kept by " + first_and_count(snapshot.held_by)};
  const auto grace_left = between(census.now_ns, grace_ends_ns(snapshot, census, policy));
  if (grace_left.count() > 0)
    return Kept{KeptBy::grace,
                format_text("used or made lately: untouched for {} more", print_duration(grace_left))};
  if (policy.keep_last && newer < *policy.keep_last)
    return Kept{KeptBy::keep_last, format_text("one of the {} used last", *policy.keep_last)};
  return std::nullopt;
}

}  // namespace envstore

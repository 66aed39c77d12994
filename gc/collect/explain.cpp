#include <algorithm>

#include "gc/census/ages.h"
#include "gc/census/shares.h"
#include "gc/collect/plan.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

std::string ago(std::int64_t then_ns, std::int64_t now_ns) {
  return then_ns >= now_ns ? "just now" : print_duration(between(then_ns, now_ns)) + " ago";
}

std::string with_percent(const SizeLimit& limit, const Census& census) {
  const std::string bytes = print_bytes(limit.of(census.filesystem_bytes));
  return limit.percent == 0 ? bytes : format_text("{} ({}% of the filesystem)", bytes, limit.percent);
}

std::string cause(GoesBy why, const Census& census, const Policy& policy) {
  switch (why) {
    case GoesBy::age:
      return format_text("it was not used for {}, the longest that max-age allows",
                         print_duration(policy.max_age.value_or(std::chrono::nanoseconds{})));
    case GoesBy::max_size:
      return format_text("the store is larger than max-size, {}", with_percent(*policy.max_size, census));
    case GoesBy::min_free:
      return format_text("the filesystem has less free than min-free, {}",
                         with_percent(*policy.min_free, census));
  }
  return {};
}

std::string facts(const Census& census, std::uint32_t position) {
  const CountedSnapshot& snapshot = census.snapshots[position];
  std::string text = format_text("snapshot {}\n", snapshot.id.hex());
  for (const std::string& label : snapshot.labels) text += format_text("  made for {}\n", label);
  text += format_text("  made {}, {}\n", ago(snapshot.made_at_ns, census.now_ns),
                      snapshot.last_use_ns ? "last used " + ago(*snapshot.last_use_ns, census.now_ns)
                                           : std::string("no use is known"));
  text += format_text("  {} packages; alone it would free {}\n", snapshot.trees.size(),
                      print_bytes(Shares(census).freed_by(position)));
  for (const std::string& lease : snapshot.leased_by) text += format_text("  in use by {}\n", lease);
  for (const std::string& root : snapshot.held_by) text += format_text("  kept by {}\n", root);
  return text;
}

/// For a snapshot that stays although nothing protects it: what would cause its deletion.
std::string outlook(const Census& census, const Policy& policy, const CountedSnapshot& snapshot) {
  if (!policy.max_age && !policy.max_size && !policy.min_free)
    return "the policy has no rule by which anything goes (max-age, max-size, min-free)";
  if (policy.max_age && census.clock_went_back) return "the clock went backwards: ages mean nothing";
  const bool is_old = policy.max_age && after(snapshot.used_ns(), *policy.max_age) <= census.now_ns;
  if (policy.max_age && !is_old)
    return format_text("it is within the policy; unused, it goes in {}",
                       print_duration(between(census.now_ns, after(snapshot.used_ns(), *policy.max_age))));
  return "no cap requires its removal";
}

}  // namespace

std::string explain(const Census& census, const Policy& policy, const GcPlan& plan, std::uint32_t snapshot) {
  std::string text = facts(census, snapshot);
  const auto is_it = [&](const auto& entry) { return entry.snapshot == snapshot; };
  const auto going = std::find_if(plan.going.begin(), plan.going.end(), is_it);
  if (going != plan.going.end()) {
    const auto number = going - plan.going.begin() + 1;
    return text +
           format_text("goes: {}. It is number {} of {} that go, least recently used first, and frees {}.\n",
                       cause(going->why, census, policy), number, plan.going.size(),
                       print_bytes(going->freed_bytes));
  }
  const auto kept = std::find_if(plan.kept.begin(), plan.kept.end(), is_it);
  if (kept == plan.kept.end()) return text + "goes: it is being deleted already.\n";
  const std::string reason =
      kept->why == KeptBy::no_rule ? outlook(census, policy, census.snapshots[snapshot]) : kept->detail;
  text += format_text("stays ({}): {}.\n", name_of(kept->why), reason);
  for (const MissedCap& missed : plan.missed)
    text += format_text("{} is missed by {}.\n", name_of(missed.cap), print_bytes(missed.missing_bytes));
  return text;
}

}  // namespace envstore

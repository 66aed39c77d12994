#include "cli/gc_report.h"
#include "store/platform/format.h"

#include <algorithm>
#include <map>
#include <set>

namespace envstore {
namespace {

constexpr std::size_t kShownHolders = 10;
constexpr std::size_t kShownFailures = 20;

std::string short_id(const CountedSnapshot& snapshot) {
  constexpr std::size_t kShown = 12;
  return snapshot.id.hex().substr(0, kShown);
}

std::string counted(std::uint64_t count, const char* what) {
  return format_text("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// What the snapshot was made for, in one line.
std::string made_for(const CountedSnapshot& snapshot) {
  if (snapshot.labels.empty()) return "nothing that is known";
  if (snapshot.labels.size() == 1) return snapshot.labels.front();
  return format_text("{} and {} more", snapshot.labels.front(), snapshot.labels.size() - 1);
}

std::string reason(const GoingSnapshot& going, const GcView& view) {
  const CountedSnapshot& snapshot = view.report.census.snapshots[going.snapshot];
  const std::int64_t unused = std::max<std::int64_t>(0, view.report.census.now_ns - snapshot.used_ns());
  return format_text("{}, unused for {}", name_of(going.why),
                     print_duration(std::chrono::nanoseconds(unused)));
}

const char* phrase(KeptBy why) {
  switch (why) {
    case KeptBy::lease:
      return "in use by runs";
    case KeptBy::root:
      return "pinned or synced";
    case KeptBy::grace:
      return "within the grace time";
    case KeptBy::keep_last:
      return "among the last used";
    case KeptBy::reserved:
      return "within the reserved size";
    case KeptBy::no_rule:
      return "not asked to go";
  }
  return "";
}

/// Those of the plan that were let go after all.
std::set<std::uint32_t> spared(const GcReport& report) {
  std::set<std::uint32_t> places(report.taken_back.begin(), report.taken_back.end());
  for (const auto& use : report.still_in_use) places.insert(use.snapshot);
  return places;
}

std::string what_went(const GcView& view) {
  const GcReport& report = view.report;
  if (view.is_dry_run) {
    const std::uint64_t freed =
        report.plan.bytes_before - std::min(report.plan.bytes_before, report.plan.bytes_after);
    return format_text("would remove {} and {} that nothing uses: {} would be freed\n",
                       counted(report.plan.going.size(), "snapshot"),
                       counted(report.plan.unused_trees.size(), "package"), print_bytes(freed));
  }
  if (report.deleted_snapshots + report.deleted_trees + report.deleted_blobs == 0)
    return "removed no environment\n";
  return format_text("removed {}, {} and {}: {} freed\n", counted(report.deleted_snapshots, "snapshot"),
                     counted(report.deleted_trees, "package"), counted(report.deleted_blobs, "file"),
                     print_bytes(report.freed_bytes));
}

std::string what_was_left(const GcReport& report) {
  if (report.left_trees == 0) return {};
  return format_text("left {} that nothing uses to the next collection: another process is adding packages\n",
                     counted(report.left_trees, "package"));
}

std::string list_of_going(const GcView& view) {
  std::string text;
  const std::set<std::uint32_t> stays = spared(view.report);
  for (const GoingSnapshot& going : view.report.plan.going) {
    if (stays.contains(going.snapshot)) continue;
    const CountedSnapshot& snapshot = view.report.census.snapshots[going.snapshot];
    text += format_text("  {}  {:>9}  {}; made for {}\n", short_id(snapshot), print_bytes(going.freed_bytes),
                        reason(going, view), made_for(snapshot));
  }
  return text;
}

std::string what_was_spared(const GcView& view) {
  std::string text;
  const auto& snapshots = view.report.census.snapshots;
  for (const std::uint32_t place : view.report.taken_back)
    text += format_text("kept {}: used again before it was deleted\n", short_id(snapshots[place]));
  for (const auto& use : view.report.still_in_use)
    text += format_text("kept {}: process {} uses it without a lease ({}): {}\n",
                        short_id(snapshots[use.snapshot]), use.by.pid, use.by.evidence, use.by.command);
  return text;
}

std::string what_stays(const GcView& view) {
  const GcReport& report = view.report;
  std::map<KeptBy, std::size_t> counts;
  for (const KeptSnapshot& kept : report.plan.kept) ++counts[kept.why];
  std::string text = format_text("kept {}, {}", counted(report.plan.kept.size(), "snapshot"),
                                 print_bytes(report.plan.bytes_after));
  const char* separator = ": ";
  for (const auto& [why, count] : counts) {
    text += format_text("{}{} {}", separator, count, phrase(why));
    separator = ", ";
  }
  text += "\n";
  if (!view.all) return text;
  for (const KeptSnapshot& kept : report.plan.kept) {
    const CountedSnapshot& snapshot = report.census.snapshots[kept.snapshot];
    text += format_text("  {}  {}{}{}; made for {}\n", short_id(snapshot), phrase(kept.why),
                        kept.detail.empty() ? "" : ": ", kept.detail, made_for(snapshot));
  }
  return text;
}

/// The largest of what stays, with what holds it.
std::string what_holds_the_space(const GcView& view) {
  const GcReport& report = view.report;
  if (report.plan.missed.empty()) return {};
  std::string text;
  for (const MissedCap& missed : report.plan.missed)
    text += format_text("{} is missed by {}\n", name_of(missed.cap), print_bytes(missed.missing_bytes));
  const std::vector<std::uint64_t> own = own_bytes(report.census);
  std::vector<KeptSnapshot> holders = report.plan.kept;
  std::stable_sort(holders.begin(), holders.end(), [&](const KeptSnapshot& a, const KeptSnapshot& b) {
    return own[a.snapshot] > own[b.snapshot];
  });
  text += holders.empty() ? "no snapshot holds the space\n"
                          : "what holds the space (own bytes, largest first):\n";
  for (std::size_t i = 0; i < std::min(kShownHolders, holders.size()); ++i) {
    const CountedSnapshot& snapshot = report.census.snapshots[holders[i].snapshot];
    text += format_text("  {}  {:>9}  {}{}{}; made for {}\n", short_id(snapshot),
                        print_bytes(own[holders[i].snapshot]), phrase(holders[i].why),
                        holders[i].detail.empty() ? "" : ": ", holders[i].detail, made_for(snapshot));
  }
  if (holders.size() > kShownHolders) text += format_text("  and {} more\n", holders.size() - kShownHolders);
  text += format_text("  the index takes {}, and does not shrink\n", print_bytes(report.census.index_bytes));
  return text;
}

std::string leftovers_text(const GcReport& report) {
  std::string text;
  if (report.removed_leases > 0) text += counted(report.removed_leases, "run") + " that had died";
  if (report.removed_leftovers > 0)
    text += (text.empty() ? "" : ", ") + counted(report.removed_leftovers, "thing") + " left over";
  return text.empty() ? text : "cleared up " + text + "\n";
}

std::string failures_text(const GcReport& report) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kShownFailures, report.failures.size()); ++i)
    text += report.failures[i] + "\n";
  if (report.failures.size() > kShownFailures)
    text += format_text("and {} more that could not be removed\n", report.failures.size() - kShownFailures);
  return text;
}

bool has_rule(const Policy& policy) {
  return policy.max_size || policy.min_free || policy.max_age;
}

}  // namespace

std::string gc_text(const GcView& view) {
  if (view.report.another_at_work) return "another collection is at work in this store\n";
  std::string text = what_went(view) + list_of_going(view) + what_was_left(view.report) +
                     what_was_spared(view) + leftovers_text(view.report) + what_stays(view) +
                     what_holds_the_space(view);
  if (view.report.plan.ages_skipped)
    text += "the clock went backwards since something was made or used: nothing goes by its age\n";
  if (!has_rule(view.policy))
    text +=
        "no rule says which environments may go: --max-size, --min-free, --max-age, or gc: in "
        "envstore.yaml\n";
  return text + failures_text(view.report);
}

}  // namespace envstore

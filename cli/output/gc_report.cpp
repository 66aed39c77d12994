#include "cli/output/gc_report.h"

#include <algorithm>
#include <map>
#include <set>

#include "cli/output/phrases.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::size_t kShownHolders = 10;
constexpr std::size_t kShownFailures = 20;

/// The requests for which the snapshot was made, in one line.
std::string made_for(const CountedSnapshot& snapshot) {
  if (snapshot.labels.empty()) return "an unknown request";
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
      return "in use";
    case KeptBy::root:
      return "pinned or synced";
    case KeptBy::grace:
      return "within the grace time";
    case KeptBy::keep_last:
      return "among the last used";
    case KeptBy::reserved:
      return "within the reserved size";
    case KeptBy::no_rule:
      return "not affected by a rule";
  }
  return "";
}

std::string reason(const KeptSnapshot& kept) {
  return kept.detail.empty() ? phrase(kept.why) : kept.detail;
}

/// The snapshots that were planned to go but stay (positions in the census).
std::set<std::uint32_t> spared(const GcReport& report) {
  std::set<std::uint32_t> positions(report.taken_back.begin(), report.taken_back.end());
  positions.insert(report.left.begin(), report.left.end());
  for (const auto& use : report.still_in_use) positions.insert(use.snapshot);
  return positions;
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
    return "removed no snapshot\n";
  return format_text("removed {}, {} and {}: {} freed\n", counted(report.deleted_snapshots, "snapshot"),
                     counted(report.deleted_trees, "package"), counted(report.deleted_blobs, "file"),
                     print_bytes(report.freed_bytes));
}

std::string what_was_left(const GcReport& report) {
  if (report.left_trees == 0) return {};
  return format_text("left {} to the next collection: another process may want {}\n",
                     counted(report.left_trees, "package"), report.left_trees == 1 ? "it" : "them");
}

std::string list_of_going(const GcView& view) {
  std::string text;
  const std::set<std::uint32_t> stays = spared(view.report);
  for (const GoingSnapshot& going : view.report.plan.going) {
    if (stays.contains(going.snapshot)) continue;
    const CountedSnapshot& snapshot = view.report.census.snapshots[going.snapshot];
    text += format_text("  {}  {:>9}  {}; made for {}\n", short_id(snapshot.id),
                        print_bytes(going.freed_bytes), reason(going, view), made_for(snapshot));
  }
  return text;
}

std::string what_was_spared(const GcView& view) {
  std::string text;
  const auto& snapshots = view.report.census.snapshots;
  for (const std::uint32_t position : view.report.taken_back)
    text += format_text("kept {}: used again before it was deleted\n", short_id(snapshots[position].id));
  for (const auto& use : view.report.still_in_use)
    text += format_text("kept {}: process {}, which outlived its run, uses it ({}): {}\n",
                        short_id(snapshots[use.snapshot].id), use.by.pid, use.by.evidence, use.by.command);
  return text;
}

/// Bytes after the collection, or as planned in a dry run.
std::uint64_t bytes_that_stay(const GcView& view) {
  const GcReport& report = view.report;
  if (view.is_dry_run) return report.plan.bytes_after;
  return report.plan.bytes_before - std::min(report.plan.bytes_before, report.freed_bytes);
}

std::string what_stays(const GcView& view) {
  const GcReport& report = view.report;
  std::map<KeptBy, std::size_t> counts;
  for (const KeptSnapshot& kept : report.plan.kept) ++counts[kept.why];
  std::vector<std::string> reasons;
  for (const auto& [why, count] : counts) reasons.push_back(format_text("{} {}", count, phrase(why)));
  const auto add = [&](std::size_t count, const char* why) {
    if (count > 0) reasons.push_back(format_text("{} {}", count, why));
  };
  add(report.still_in_use.size(), "in use by processes that outlived their runs");
  add(report.taken_back.size(), "used again");
  add(report.left.size(), "not removed completely");
  const std::size_t staying = report.plan.kept.size() + spared(report).size();
  std::string text = format_text("{} {}, {}", view.is_dry_run ? "would keep" : "kept",
                                 counted(staying, "snapshot"), print_bytes(bytes_that_stay(view)));
  if (!reasons.empty()) text += format_text(": {}", joined(reasons, ", "));
  text += "\n";
  if (!view.all) return text;
  for (const KeptSnapshot& kept : report.plan.kept) {
    const CountedSnapshot& snapshot = report.census.snapshots[kept.snapshot];
    text += format_text("  {}  {}; made for {}\n", short_id(snapshot.id), reason(kept), made_for(snapshot));
  }
  return text;
}

/// If a cap was missed: by how much, and the largest snapshots that stay, with the reason for each.
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
    text += format_text("  {}  {:>9}  {}; made for {}\n", short_id(snapshot.id),
                        print_bytes(own[holders[i].snapshot]), reason(holders[i]), made_for(snapshot));
  }
  if (holders.size() > kShownHolders) text += format_text("  and {} more\n", holders.size() - kShownHolders);
  text += format_text("  the index takes {}, and does not shrink\n", print_bytes(report.census.index_bytes));
  return text;
}

std::string leftovers_text(const GcReport& report) {
  std::string text;
  if (report.removed_leases > 0)
    text += counted(report.removed_leases, "run") + " that ended without clean-up";
  if (report.removed_leftovers > 0)
    text += (text.empty() ? "" : ", ") + counted(report.removed_leftovers, "leftover");
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

std::string clock_text(const GcReport& report) {
  if (report.plan.ages_skipped)
    return "the clock went backwards since something was made or used: nothing is removed by age\n";
  if (report.census.times_ahead == 0) return {};
  return format_text(
      "the clock went backwards, or was ahead: {} with a time in the future {} as made and used now\n",
      counted(report.census.times_ahead, "thing"), report.census.times_ahead == 1 ? "counts" : "count");
}

/// Leases that limit what may be deleted, because their snapshots cannot be read or are not in the index.
std::string leases_text(const Census& census) {
  std::string text;
  for (const std::string& lease : census.unknown_leases)
    text += format_text("no snapshot is removed: what {} uses is not known\n", lease);
  for (const std::string& lease : census.stray_leases)
    text += format_text("packages without a snapshot stay: {} uses a snapshot that the index does not have\n",
                        lease);
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
  text += clock_text(view.report) + leases_text(view.report.census);
  if (view.report.plan.is_min_free_out_of_reach)
    text += "other data fills the disk: for min-free, only snapshots not used for a week are removed\n";
  if (!has_rule(view.policy))
    text += "no rule removes snapshots: --max-size, --min-free, --max-age, or gc: in envstore.yaml\n";
  return text + failures_text(view.report);
}

}  // namespace envstore

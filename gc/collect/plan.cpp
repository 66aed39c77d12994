#include "gc/collect/plan.h"

#include <algorithm>
#include <set>

#include "gc/census/ages.h"
#include "gc/census/clock_trust.h"
#include "gc/census/shares.h"
#include "gc/collect/protection.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

/// Snapshots not used for this long are deleted for min-free even if it cannot be met.
constexpr std::chrono::nanoseconds kIdle = std::chrono::hours(7 * 24);

/// Makes one plan, step by step. `ranks_` is the order of snapshots by last use.
class Planner {
 public:
  Planner(const Census& census, const Policy& policy) : census_(census), policy_(policy), shares_(census) {}

  GcPlan make() {
    plan_.bytes_before = shares_.bytes();
    plan_.ages_skipped = census_.clock_went_back;
    chosen_.resize(census_.snapshots.size());
    why_kept_.resize(census_.snapshots.size());
    drop_what_goes_anyway();
    order_by_last_use();
    keep_the_protected();
    let_the_old_go();
    spare_the_used_where_no_cap_can_be_met();
    meet_caps();
    meet_caps_together();
    meet_caps_with_layouts();
    list_going();
    list_kept();
    plan_.bytes_after = shares_.bytes();
    note_missed_caps();
    return std::move(plan_);
  }

 private:
  bool is_deleting(std::uint32_t position) const {
    const auto& fate = census_.snapshots[position].fate;
    return fate && fate->fate == Fate::deleting;
  }

  void drop_what_goes_anyway() {
    std::vector<bool> was_named(census_.trees.size());
    for (std::uint32_t tree = 0; tree < was_named.size(); ++tree) was_named[tree] = shares_.is_named(tree);
    for (std::uint32_t position = 0; position < census_.snapshots.size(); ++position)
      if (is_deleting(position)) shares_.remove(position);
    if (census_.oldest_ingest_ns) return;
    shares_.forget_unnamed_blobs();
    if (census_.clock_went_back) return;
    for (std::uint32_t tree = 0; tree < was_named.size(); ++tree) {
      if (was_named[tree] || is_young(census_.trees[tree])) continue;
      plan_.unused_trees.push_back(tree);
      shares_.remove_tree(tree);
    }
  }

  /// A tree from the future was made before the clock was set right; no ingest from that time still runs.
  bool is_young(const CountedTree& tree) const {
    return !is_ahead(tree.made_at_ns, census_.now_ns) &&
           after(tree.made_at_ns, policy_.grace) > census_.now_ns;
  }

  void order_by_last_use() {
    for (std::uint32_t position = 0; position < census_.snapshots.size(); ++position)
      if (!is_deleting(position)) order_.push_back(position);
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      const CountedSnapshot &left = census_.snapshots[a], &right = census_.snapshots[b];
      return std::pair(left.used_ns(), left.id) < std::pair(right.used_ns(), right.id);
    });
    ranks_.resize(census_.snapshots.size());
    for (std::uint32_t rank = 0; rank < order_.size(); ++rank) ranks_[order_[rank]] = rank;
  }

  void keep_the_protected() {
    for (std::uint32_t rank = 0; rank < order_.size(); ++rank) {
      const CountedSnapshot& snapshot = census_.snapshots[order_[rank]];
      why_kept_[order_[rank]] = protection_of(snapshot, order_.size() - 1 - rank, census_, policy_);
    }
  }

  std::uint64_t layout_bytes(std::uint32_t position) const {
    return census_.snapshots[position].overhead_bytes;
  }
  bool is_free_to_go(std::uint32_t position) const { return !why_kept_[position] && !chosen_[position]; }

  /// Chooses the snapshot, unless the store would become smaller than what is reserved.
  void choose(std::uint32_t position, GoesBy why) {
    if (policy_.reserved &&
        shares_.bytes() - shares_.freed_by(position) < policy_.reserved->of(census_.filesystem_bytes)) {
      why_kept_[position] = Kept{
          KeptBy::reserved,
          format_text("the store keeps {}", print_bytes(policy_.reserved->of(census_.filesystem_bytes)))};
      return;
    }
    shares_.remove(position);
    chosen_[position] = why;
  }

  void let_the_old_go() {
    if (!policy_.max_age || census_.clock_went_back) return;
    for (const std::uint32_t position : order_) {
      if (after(census_.snapshots[position].used_ns(), *policy_.max_age) > census_.now_ns) return;
      if (is_free_to_go(position)) choose(position, GoesBy::age);
    }
  }

  std::uint64_t missing(GoesBy cap) const {
    if (cap == GoesBy::max_size && policy_.max_size) {
      const std::uint64_t limit = policy_.max_size->of(census_.filesystem_bytes);
      return shares_.bytes() > limit ? shares_.bytes() - limit : 0;
    }
    if (cap == GoesBy::min_free && policy_.min_free) {
      const std::uint64_t wanted = policy_.min_free->of(census_.filesystem_bytes);
      const std::uint64_t free = census_.free_bytes + (plan_.bytes_before - shares_.bytes());
      return wanted > free ? wanted - free : 0;
    }
    return 0;
  }

  std::optional<GoesBy> unmet_cap() const {
    for (const GoesBy cap : {GoesBy::max_size, GoesBy::min_free})
      if (missing(cap) > 0) return cap;
    return std::nullopt;
  }

  /// The first unmet cap that may take this snapshot.
  std::optional<GoesBy> cap_that_takes(std::uint32_t position) const {
    if (missing(GoesBy::max_size) > 0) return GoesBy::max_size;
    if (missing(GoesBy::min_free) > 0 && !is_spared_by_min_free_[position]) return GoesBy::min_free;
    return std::nullopt;
  }

  /// A disk filled by other data stays full whatever is deleted. Only idle snapshots are deleted then: those
  /// in daily use would be fetched again, onto the same disk.
  void spare_the_used_where_no_cap_can_be_met() {
    is_spared_by_min_free_.resize(census_.snapshots.size());
    if (missing(GoesBy::min_free) == 0) return;
    std::vector<std::uint32_t> removed;
    for (const std::uint32_t position : order_)
      if (is_free_to_go(position)) {
        shares_.remove(position);
        removed.push_back(position);
      }
    const bool can_be_met = missing(GoesBy::min_free) == 0;
    for (auto position = removed.rbegin(); position != removed.rend(); ++position)
      shares_.put_back(*position);
    if (can_be_met) return;
    plan_.is_min_free_out_of_reach = true;
    for (const std::uint32_t position : order_)
      is_spared_by_min_free_[position] =
          census_.clock_went_back || after(census_.snapshots[position].used_ns(), kIdle) > census_.now_ns;
  }

  /// Least recently used first. A snapshot that becomes the last owner of something is considered again, in
  /// its turn.
  void meet_caps() {
    std::set<std::uint32_t> waiting;  // ranks of the snapshots that are still to be considered
    for (std::uint32_t rank = 0; rank < order_.size(); ++rank)
      if (is_free_to_go(order_[rank])) waiting.insert(rank);
    while (!waiting.empty()) {
      const auto cap = unmet_cap();
      if (!cap) return;
      const std::uint32_t position = order_[*waiting.begin()];
      waiting.erase(waiting.begin());
      const auto takes = cap_that_takes(position);
      if (!takes || !is_free_to_go(position) || shares_.freed_by(position) == layout_bytes(position))
        continue;
      choose(position, *takes);
      if (!chosen_[position]) continue;
      for (const std::uint32_t owner : shares_.new_last_owners())
        if (is_free_to_go(owner)) waiting.insert(ranks_[owner]);
    }
  }

  /// The remaining snapshots free nothing alone. Chooses them together, least recently used first; those that
  /// turn out to free nothing are put back, the most recently used first.
  void meet_caps_together() {
    std::vector<std::uint32_t> together;
    for (const std::uint32_t position : order_) {
      if (!unmet_cap()) break;
      const auto cap = cap_that_takes(position);
      if (!cap || !is_free_to_go(position)) continue;
      choose(position, *cap);
      if (chosen_[position]) together.push_back(position);
    }
    for (auto position = together.rbegin(); position != together.rend(); ++position) {
      const std::uint64_t without = shares_.bytes();
      shares_.put_back(*position);
      if (shares_.bytes() == without + layout_bytes(*position))
        chosen_[*position].reset();
      else
        shares_.remove(*position);
    }
  }

  /// Last resort: drops snapshots whose removal frees only their layouts, if that meets the caps. They take
  /// little space, and the resolution that made them is expensive to repeat.
  void meet_caps_with_layouts() {
    std::vector<std::uint32_t> gone;
    for (const std::uint32_t position : order_) {
      if (!unmet_cap()) return;
      const auto cap = cap_that_takes(position);
      if (!cap || !is_free_to_go(position)) continue;
      choose(position, *cap);
      if (chosen_[position]) gone.push_back(position);
    }
    if (!unmet_cap()) return;
    for (const std::uint32_t position : gone) {
      shares_.put_back(position);
      chosen_[position].reset();
    }
  }

  /// Counts the bytes again, in the order of the list.
  void list_going() {
    for (auto position = order_.rbegin(); position != order_.rend(); ++position)
      if (chosen_[*position]) shares_.put_back(*position);
    for (const std::uint32_t position : order_)
      if (chosen_[position]) plan_.going.push_back({position, *chosen_[position], shares_.remove(position)});
  }

  void list_kept() {
    for (const std::uint32_t position : order_) {
      if (chosen_[position]) continue;
      const Kept kept = why_kept_[position].value_or(Kept{KeptBy::no_rule, {}});
      plan_.kept.push_back({position, kept.why, kept.detail});
    }
  }

  void note_missed_caps() {
    for (const GoesBy cap : {GoesBy::max_size, GoesBy::min_free})
      if (const std::uint64_t bytes = missing(cap); bytes > 0) plan_.missed.push_back({cap, bytes});
  }

  const Census& census_;
  const Policy& policy_;
  Shares shares_;
  GcPlan plan_;
  std::vector<std::uint32_t> order_;           ///< positions, least recently used first
  std::vector<std::uint32_t> ranks_;           ///< by position
  std::vector<std::optional<GoesBy>> chosen_;  ///< by position
  std::vector<std::optional<Kept>> why_kept_;  ///< by position
  std::vector<bool> is_spared_by_min_free_;    ///< by position
};

}  // namespace

GcPlan plan_gc(const Census& census, const Policy& policy) {
  return Planner(census, policy).make();
}

const char* name_of(KeptBy why) {
  switch (why) {
    case KeptBy::lease:
      return "lease";
    case KeptBy::root:
      return "root";
    case KeptBy::grace:
      return "grace";
    case KeptBy::keep_last:
      return "keep-last";
    case KeptBy::reserved:
      return "reserved";
    case KeptBy::no_rule:
      return "no-rule";
  }
  return "unknown";
}

const char* name_of(GoesBy why) {
  switch (why) {
    case GoesBy::age:
      return "age";
    case GoesBy::max_size:
      return "max-size";
    case GoesBy::min_free:
      return "min-free";
  }
  return "unknown";
}

}  // namespace envstore

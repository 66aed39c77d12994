#include "protocol.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "steps.h"

namespace envstore::model {
namespace {

// States are compared and hashed as bytes, so they must have no padding.
static_assert(std::has_unique_object_representations_v<State>);

struct Hash {
  std::size_t operator()(const State& state) const {
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(&state), sizeof state});
  }
};

void forget_what_is_over(State& state);

struct Origin {
  const State* before = nullptr;  ///< nullptr: the initial state
  const char* what = "";
};

class Exploration {
 public:
  Exploration(const Wishes& wishes, Mutant mutant) : wishes_(wishes), mutant_(mutant) {}

  Verdict run() {
    visit(State{}, {});
    for (std::size_t next = 0; next < queue_.size() && verdict_.is_accepted; ++next) {
      const State& state = *queue_[next];
      for (const Successor& successor : successors(state, wishes_, mutant_, Actors::all)) {
        visit(successor.state, {&state, successor.what});
        if (!verdict_.is_accepted) break;
      }
    }
    verdict_.states = origins_.size();
    return std::move(verdict_);
  }

 private:
  void visit(const State& state, const Origin& origin) {
    const auto [place, is_new] = origins_.try_emplace(state, origin);
    if (!is_new) return;
    queue_.push_back(&place->first);
    if (const char* fault = fault_of(state, wishes_)) return reject(state, fault);
    if (State left = all_killed(state); forget_what_is_over(left), !is_emptied(left))
      reject(state, "what nothing uses is never removed");
  }

  /// Runs the collector alone and undisturbed: it has no choices. Remembers the states that it has seen
  /// become empty.
  bool is_emptied(State state) {
    constexpr int kEnough = 400;
    std::vector<State> path;
    bool ends_well = false;
    for (int step = 0; step < kEnough && !ends_well; ++step) {
      if (is_empty(state) || emptied_.contains(state)) {
        ends_well = true;
        break;
      }
      if (state.gc == GcStep::idle && state.gc_at == 0) path.push_back(state);
      const auto next = successors(state, wishes_, mutant_, Actors::collector);
      if (next.empty()) return false;
      state = next.front().state;
    }
    if (ends_well)
      for (const State& passed : path) emptied_.try_emplace(passed, Origin{});
    return ends_well;
  }

  void reject(const State& state, const char* fault) {
    verdict_.is_accepted = false;
    verdict_.fault = fault;
    for (const State* at = &state; at != nullptr;) {
      const Origin& origin = origins_.at(*at);
      if (origin.before != nullptr) verdict_.trace.emplace_back(origin.what);
      at = origin.before;
    }
    std::reverse(verdict_.trace.begin(), verdict_.trace.end());
  }

  const Wishes wishes_;
  const Mutant mutant_;
  Verdict verdict_;
  std::unordered_map<State, Origin, Hash> origins_, emptied_;
  std::vector<const State*> queue_;
};

/// True where a collection that runs alone begins with a promotion. With all actors, a promotion may come at
/// any time.
bool is_promotion_due(const State& state) {
  const bool begins = state.gc == GcStep::idle && state.gc_at == 0;
  return begins && (state.promoting || state.snapshots[0].fate == Fate::hidden ||
                    state.snapshots[1].fate == Fate::hidden);
}

/// Clears what no later step reads, so that it does not distinguish states.
void forget_what_is_over(State& state) {
  for (Snapshot& snapshot : state.snapshots) {
    if (state.gc != GcStep::condemn) snapshot.used_since_census = false;
    for (unsigned run = 0; run < 2; ++run)
      if (state.runs[run].lease != LeaseRow::ingest)
        snapshot.older_than = static_cast<std::uint8_t>(snapshot.older_than & ~(1U << run));
    snapshot.row_noted = snapshot.row_noted && snapshot.row == Row::not_durable;
    snapshot.tree_noted = snapshot.tree_noted && snapshot.tree_row == Row::not_durable;
    snapshot.fate_noted = snapshot.fate_noted && snapshot.fate == Fate::hidden;
  }
  state.blob_noted = state.blob_noted && state.blob_row == Row::not_durable;
}

}  // namespace

std::vector<Successor> successors(const State& state, const Wishes& wishes, Mutant mutant, Actors actors) {
  Steps steps{state, wishes, mutant};
  if (actors == Actors::collector) {
    is_promotion_due(state) ? add_promotion_steps(steps) : add_gc_steps(steps);
    return std::move(steps.found);
  }
  add_gc_steps(steps);
  add_run_steps(steps, 0);
  add_run_steps(steps, 1);
  add_deaths(steps);
  if (wishes.disasters == Disasters::kills_and_power_cuts) {
    add_promotion_steps(steps);  // without power cuts, durability makes no difference
    add_power_cuts(steps);
  }
  for (Successor& successor : steps.found) forget_what_is_over(successor.state);
  return std::move(steps.found);
}

const char* fault_of(const State& state, const Wishes& wishes) {
  for (std::uint8_t run = 0; run < 2; ++run) {
    const Snapshot& wished = state.snapshots[wishes.of[run]];
    const bool is_using = state.runs[run].step == RunStep::using_it;
    if (is_using && !is_there(wished.layout)) return "the layout of a snapshot in use is gone";
    if (is_using && !is_there(wished.tree)) return "the tree of a snapshot in use is gone";
  }
  for (const Snapshot& snapshot : state.snapshots) {
    const bool can_be_claimed = is_there(snapshot.row) && visible(snapshot.fate) != Fate::deleting;
    if (can_be_claimed && (!is_there(snapshot.layout) || !is_there(snapshot.tree)))
      return "a snapshot that a run would take is not whole";
    if (can_be_claimed && !is_there(snapshot.tree_row)) return "a snapshot names a tree that has no row";
    if (is_there(snapshot.tree_row) && !is_there(snapshot.tree)) return "a tree has a row and no files";
    if (is_there(snapshot.tree_row) && !is_there(state.blob_row)) return "a tree has a blob without a row";
  }
  if (is_there(state.blob_row) && !is_there(state.object)) return "a blob has a row and no object";
  return nullptr;
}

bool is_empty(const State& state) {
  const auto is_gone = [](const Snapshot& snapshot) {
    return !is_there(snapshot.row) && !is_there(snapshot.tree_row) && visible(snapshot.fate) == Fate::none &&
           !is_there(snapshot.layout) && !is_there(snapshot.tree);
  };
  const auto is_over = [](const Run& run) { return !run.has_file && run.lease == LeaseRow::absent; };
  return std::all_of(std::begin(state.snapshots), std::end(state.snapshots), is_gone) &&
         std::all_of(std::begin(state.runs), std::end(state.runs), is_over) && !is_there(state.blob_row) &&
         !is_there(state.object);
}

Verdict check(const Wishes& wishes, Mutant mutant) {
  return Exploration(wishes, mutant).run();
}

const std::vector<Mutant>& mutants() {
  using enum Mutant;
  static const std::vector<Mutant> all = {no_recheck_before_deleting,
                                          lease_before_lock,
                                          deleting_not_durable,
                                          resurrects_deleting,
                                          liveness_by_pid,
                                          blobs_go_during_ingest,
                                          objects_go_unlocked,
                                          blob_rows_rewritten,
                                          trees_go_unasked,
                                          layout_made_unlocked,
                                          promotes_without_sync,
                                          takes_layout_for_granted,
                                          rows_go_while_named,
                                          dead_leases_stay,
                                          deleting_is_forgotten,
                                          orphans_stay};
  return all;
}

const char* name_of(Mutant mutant) {
  switch (mutant) {
    case Mutant::none:
      return "the protocol";
    case Mutant::no_recheck_before_deleting:
      return "no look again before deleting";
    case Mutant::lease_before_lock:
      return "a lease recorded before its lock";
    case Mutant::deleting_not_durable:
      return "deleting that is not durable";
    case Mutant::resurrects_deleting:
      return "taking back what is being deleted";
    case Mutant::liveness_by_pid:
      return "liveness by pid";
    case Mutant::blobs_go_during_ingest:
      return "blobs that go during an ingest";
    case Mutant::objects_go_unlocked:
      return "objects that go without their lock";
    case Mutant::blob_rows_rewritten:
      return "rows written again while they are promoted";
    case Mutant::trees_go_unasked:
      return "snapshots of trees that are gone";
    case Mutant::layout_made_unlocked:
      return "a layout made without its lock";
    case Mutant::promotes_without_sync:
      return "rows promoted before their files";
    case Mutant::takes_layout_for_granted:
      return "a half deleted layout taken for whole";
    case Mutant::rows_go_while_named:
      return "trees that go while a snapshot names them";
    case Mutant::dead_leases_stay:
      return "dead leases that stay";
    case Mutant::deleting_is_forgotten:
      return "deleting that nobody takes up again";
    case Mutant::orphans_stay:
      return "orphans that stay";
  }
  return "";
}

}  // namespace envstore::model

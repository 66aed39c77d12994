#include "steps.h"

namespace envstore::model {
namespace {

void kill_run(State& state, std::uint8_t number) {
  Run& run = state.runs[number];
  run.step = RunStep::idle;
  run.has_lock = false;  // its file and its row stay
  for (Snapshot& snapshot : state.snapshots) {
    if (snapshot.locked_by == number + 1) snapshot.locked_by = 0;
    if (snapshot.tree_locked_by == number + 1) snapshot.tree_locked_by = 0;
  }
  state.objects_shared = static_cast<std::uint8_t>(state.objects_shared & ~(1U << number));
}

void kill_gc(State& state) {
  state.gc = GcStep::idle;
  state.gc_at = 0;
  state.objects_exclusive = state.lease_held_by_gc[0] = state.lease_held_by_gc[1] = false;
  for (Snapshot& snapshot : state.snapshots)
    snapshot.locked_by_gc = snapshot.tree_locked_by_gc = snapshot.goes = snapshot.used_since_census = false;
}

void forget_promotion(State& state) {
  state.promoting = state.blob_noted = false;
  for (Snapshot& snapshot : state.snapshots)
    snapshot.row_noted = snapshot.tree_noted = snapshot.fate_noted = false;
}

void sync(File& file) {
  if (file == File::not_synced) file = File::synced;
  if (file == File::removal_not_synced) file = File::absent;
}

void begin_promotion(Steps& steps) {
  State state = steps.before;
  state.promoting = true;
  state.blob_noted = state.blob_row == Row::not_durable;
  for (Snapshot& snapshot : state.snapshots) {
    snapshot.row_noted = snapshot.row == Row::not_durable;
    snapshot.tree_noted = snapshot.tree_row == Row::not_durable;
    snapshot.fate_noted = snapshot.fate == Fate::hidden;
    if (steps.mutant == Mutant::promotes_without_sync) continue;
    sync(snapshot.layout);
    sync(snapshot.tree);
  }
  if (steps.mutant != Mutant::promotes_without_sync) sync(state.object);
  steps.add(state, "promotion: note the rows, and sync");
}

void end_promotion(Steps& steps) {
  State state = steps.before;
  const auto promote = [](Row& row, bool noted) {
    if (noted && row == Row::not_durable) row = Row::durable;
  };
  promote(state.blob_row, state.blob_noted);
  for (Snapshot& snapshot : state.snapshots) {
    promote(snapshot.row, snapshot.row_noted);
    promote(snapshot.tree_row, snapshot.tree_noted);
    if (snapshot.fate_noted && snapshot.fate == Fate::hidden) snapshot.fate = Fate::none;
  }
  forget_promotion(state);
  steps.add(state, "promotion: commit");
}

void lose_volatile_rows(State& state) {
  const auto lose = [](Row& row) {
    if (row == Row::not_durable) row = Row::absent;
  };
  lose(state.blob_row);
  for (Run& run : state.runs) run.lease = LeaseRow::absent;
  for (Snapshot& snapshot : state.snapshots) {
    lose(snapshot.row);
    lose(snapshot.tree_row);
    snapshot.older_than = 0;
    if (snapshot.fate == Fate::condemned) snapshot.fate = Fate::none;
    if (snapshot.fate == Fate::hidden) snapshot.fate = Fate::deleting;
  }
}

/// After a power cut, each unsynced change of a file may or may not be on disk.
void settle_files(Steps& steps, State state, unsigned number) {
  File* const files[] = {&state.snapshots[0].layout, &state.snapshots[0].tree, &state.snapshots[1].layout,
                         &state.snapshots[1].tree, &state.object};
  for (; number < std::size(files); ++number) {
    File& file = *files[number];
    if (file != File::not_synced && file != File::removal_not_synced) continue;
    file = File::absent;
    settle_files(steps, state, number + 1);
    file = File::synced;
  }
  steps.add(state, "the power goes");
}

}  // namespace

void add_promotion_steps(Steps& steps) {
  steps.before.promoting ? end_promotion(steps) : begin_promotion(steps);
}

void add_deaths(Steps& steps) {
  for (std::uint8_t number = 0; number < 2; ++number) {
    if (steps.before.runs[number].step == RunStep::idle) continue;
    State state = steps.before;
    kill_run(state, number);
    steps.add(state, "a run is killed");
  }
  State without_gc = steps.before;
  kill_gc(without_gc);
  steps.add(without_gc, "the collector is killed");
  State without_promotion = steps.before;
  forget_promotion(without_promotion);
  steps.add(without_promotion, "the promotion is killed");
}

State all_killed(const State& before) {
  State state = before;
  kill_run(state, 0);
  kill_run(state, 1);
  kill_gc(state);
  forget_promotion(state);
  return state;
}

void add_power_cuts(Steps& steps) {
  State state = all_killed(steps.before);
  lose_volatile_rows(state);
  settle_files(steps, state, 0);
}

}  // namespace envstore::model

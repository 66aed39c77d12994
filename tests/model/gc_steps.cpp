#include "steps.h"

namespace envstore::model {
namespace {

/// The collector. locks/gc.lock makes it the only one; if it is killed, it begins again.
class GcSteps {
 public:
  explicit GcSteps(Steps& steps) : steps_(steps), at_(steps.before.gc_at) {}

  void add() {
    switch (steps_.before.gc) {
      case GcStep::idle:
        return find_dead_lease();
      case GcStep::lease_found:
        return erase_lease_row();
      case GcStep::lease_row_gone:
        return unlink_lease();
      case GcStep::census:
        return take_census();
      case GcStep::condemn:
        return condemn();
      case GcStep::snapshot:
        return lock_snapshot();
      case GcStep::snapshot_locked:
        return mark_deleting();
      case GcStep::marked:
        return move_layout();
      case GcStep::moved:
        return drop_snapshot_row();
      case GcStep::tree:
        return lock_tree();
      case GcStep::tree_locked:
        return drop_tree_row();
      case GcStep::tree_row_gone:
        return move_tree();
      case GcStep::blob:
        return drop_blob_row();
      case GcStep::objects:
        return lock_objects();
      case GcStep::objects_locked:
        return unlink_object();
    }
  }

 private:
  State next(GcStep step, std::uint8_t at) const {
    State state = steps_.before;
    state.gc = step;
    state.gc_at = at;
    return state;
  }
  State next(GcStep step) const { return next(step, at_); }
  /// The same step for the second of the two, or the first of the following step.
  State after_both(GcStep again, GcStep then) const { return at_ == 0 ? next(again, 1) : next(then, 0); }
  Snapshot& current(State& state) const { return state.snapshots[at_]; }
  const Snapshot& current() const { return steps_.before.snapshots[at_]; }

  void find_dead_lease() {
    const Run& run = steps_.before.runs[at_];
    const bool looks_free = !run.has_lock || (steps_.mutant == Mutant::liveness_by_pid && at_ == 1);
    if (!run.has_file || !looks_free || steps_.mutant == Mutant::dead_leases_stay)
      return steps_.add(after_both(GcStep::idle, GcStep::census), "gc: no dead lease here");
    State state = next(GcStep::lease_found);
    state.lease_held_by_gc[at_] = true;
    steps_.add(state, "gc: lock a dead lease");
  }

  void erase_lease_row() {
    State state = next(GcStep::lease_row_gone);
    state.runs[at_].lease = LeaseRow::absent;
    steps_.add(state, "gc: erase a dead lease's row");
  }

  void unlink_lease() {
    State state = after_both(GcStep::idle, GcStep::census);
    state.runs[at_].has_file = state.lease_held_by_gc[at_] = false;
    steps_.add(state, "gc: unlink a dead lease's file");
  }

  bool is_held(std::uint8_t snapshot) const {
    for (std::uint8_t run = 0; run < 2; ++run)
      if (steps_.before.runs[run].lease == LeaseRow::run && steps_.wishes.of[run] == snapshot) return true;
    return false;
  }

  void take_census() {
    State state = next(GcStep::condemn, 0);
    for (std::uint8_t i = 0; i < 2; ++i) {
      Snapshot& snapshot = state.snapshots[i];
      snapshot.used_since_census = false;
      snapshot.goes = is_there(snapshot.row) && !is_held(i);
      if (steps_.mutant == Mutant::deleting_is_forgotten && visible(snapshot.fate) == Fate::deleting)
        snapshot.goes = false;
    }
    steps_.add(state, "gc: take the census");
  }

  void condemn() {
    State state = next(GcStep::snapshot, 0);
    for (std::uint8_t i = 0; i < 2; ++i) {
      Snapshot& snapshot = state.snapshots[i];
      if (visible(snapshot.fate) == Fate::deleting) continue;
      const bool goes = snapshot.goes && is_there(snapshot.row) && !snapshot.used_since_census && !is_held(i);
      // If the durable side still has `deleting`, a condemned snapshot would be `deleting` again after a
      // power cut.
      if (goes && snapshot.fate == Fate::none) snapshot.fate = Fate::condemned;
      snapshot.goes = goes && snapshot.fate == Fate::condemned;
    }
    steps_.add(state, "gc: condemn");
  }

  void lock_snapshot() {
    const Snapshot& snapshot = current();
    // A power cut can remove a row that was not durable and leave its durable fate.
    const bool is_orphan =
        !is_there(snapshot.row) && (is_there(snapshot.layout) || snapshot.fate == Fate::deleting);
    if ((!snapshot.goes && (!is_orphan || steps_.mutant == Mutant::orphans_stay)) || snapshot.locked_by != 0)
      return steps_.add(after_both(GcStep::snapshot, GcStep::tree), "gc: nothing to delete here");
    State state = next(GcStep::snapshot_locked);
    current(state).locked_by_gc = true;
    steps_.add(state, "gc: lock the snapshot");
  }

  State released(GcStep again, GcStep then) const {
    State state = after_both(again, then);
    current(state).locked_by_gc = current(state).tree_locked_by_gc = current(state).goes = false;
    return state;
  }

  void mark_deleting() {
    const bool is_marked = visible(current().fate) != Fate::none;
    const bool is_orphan = !is_there(current().row);
    const bool rechecks = steps_.mutant != Mutant::no_recheck_before_deleting;
    if (rechecks && !is_orphan && (!is_marked || is_held(at_))) {
      State state = released(GcStep::snapshot, GcStep::tree);
      if (is_marked) erase_fate(current(state));
      return steps_.add(state, "gc: it was taken back");
    }
    State state = next(GcStep::marked);
    if (!is_orphan && steps_.mutant != Mutant::deleting_not_durable) current(state).fate = Fate::deleting;
    steps_.add(state, "gc: mark it deleting");
  }

  void move_layout() {
    State state = next(GcStep::moved);
    remove(current(state).layout);
    steps_.add(state, "gc: move the layout away");
  }

  void drop_snapshot_row() {
    State state = released(GcStep::snapshot, GcStep::tree);
    current(state).row = Row::absent;
    current(state).fate = Fate::none;
    current(state).row_noted = current(state).fate_noted = false;
    steps_.add(state, "gc: drop the snapshot's rows");
  }

  void lock_tree() {
    const Snapshot& snapshot = current();
    const bool is_orphan = !is_there(snapshot.tree_row) && is_there(snapshot.tree);
    const bool is_unnamed = is_there(snapshot.tree_row) &&
                            (!is_there(snapshot.row) || steps_.mutant == Mutant::rows_go_while_named);
    if ((!is_unnamed && (!is_orphan || steps_.mutant == Mutant::orphans_stay)) ||
        snapshot.tree_locked_by != 0)
      return steps_.add(after_both(GcStep::tree, GcStep::blob), "gc: no tree to delete here");
    State state = next(GcStep::tree_locked);
    current(state).tree_locked_by_gc = true;
    steps_.add(state, "gc: lock the tree");
  }

  bool is_older_than_all_ingests() const {
    for (std::uint8_t run = 0; run < 2; ++run)
      if (steps_.before.runs[run].lease == LeaseRow::ingest && (current().older_than & (1U << run)) == 0)
        return false;
    return true;
  }

  void drop_tree_row() {
    const bool is_orphan = !is_there(current().tree_row);
    const bool is_named = is_there(current().row) && steps_.mutant != Mutant::rows_go_while_named;
    if (!is_orphan && (is_named || !is_older_than_all_ingests()))
      return steps_.add(released(GcStep::tree, GcStep::blob), "gc: the tree stays");
    State state = next(GcStep::tree_row_gone);
    current(state).tree_row = Row::absent;
    current(state).tree_noted = false;
    steps_.add(state, "gc: drop the tree's row");
  }

  void move_tree() {
    State state = released(GcStep::tree, GcStep::blob);
    remove(current(state).tree);
    current(state).older_than = 0;
    steps_.add(state, "gc: move the tree away");
  }

  bool is_blob_free() const {
    for (const Snapshot& snapshot : steps_.before.snapshots) {
      if (is_there(snapshot.tree_row)) return false;
      if (snapshot.tree_locked_by != 0 && steps_.mutant != Mutant::blobs_go_during_ingest) return false;
    }
    return true;
  }

  void drop_blob_row() {
    State state = next(GcStep::objects, 0);
    if (is_blob_free()) {
      state.blob_row = Row::absent;
      state.blob_noted = false;
    }
    steps_.add(state, "gc: drop the blob's row, if no tree has it");
  }

  void lock_objects() {
    if (steps_.mutant != Mutant::objects_go_unlocked && steps_.before.objects_shared != 0) return;
    State state = next(GcStep::objects_locked);
    state.objects_exclusive = steps_.mutant != Mutant::objects_go_unlocked;
    // The row is read while the lock is held; the mutant without the lock reads it too early.
    state.gc_at = is_there(state.blob_row) ? 1 : 0;
    steps_.add(state, "gc: lock the objects");
  }

  void unlink_object() {
    State state = next(GcStep::idle, 0);
    state.objects_exclusive = false;
    if (at_ == 0) remove(state.object);
    steps_.add(state, "gc: unlink the object, if it has no row");
  }

  Steps& steps_;
  const std::uint8_t at_;
};

}  // namespace

void add_gc_steps(Steps& steps) {
  GcSteps(steps).add();
}

}  // namespace envstore::model

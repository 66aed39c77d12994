#include "steps.h"

namespace envstore::model {
namespace {

/// One run, or the ingest that it becomes if its snapshot is missing.
class RunSteps {
 public:
  RunSteps(Steps& steps, std::uint8_t number)
      : steps_(steps), number_(number), wish_(steps.wishes.of[number]), run_(steps.before.runs[number]) {}

  void add() {
    switch (run_.step) {
      case RunStep::idle:
        return make_lease_file();
      case RunStep::file_made:
        return lock_lease();
      case RunStep::locked:
        return claim();
      case RunStep::unlocked_with_row:
        return lock_late();
      case RunStep::using_it:
        return erase_lease_row();
      case RunStep::ending:
        return unlink_lease();
      case RunStep::ingest_leased:
        return look_for_tree();
      case RunStep::tree_wanted:
        return lock_tree();
      case RunStep::tree_locked:
        return place_tree();
      case RunStep::objects_locked:
        return record_blob();
      case RunStep::blob_recorded:
        return record_tree();
      case RunStep::tree_there:
        return lock_snapshot();
      case RunStep::snapshot_locked:
        return lay_out();
      case RunStep::laid_out:
        return record_snapshot();
    }
  }

 private:
  State next(RunStep step) const {
    State state = steps_.before;
    state.runs[number_].step = step;
    return state;
  }
  Snapshot& wished(State& state) const { return state.snapshots[wish_]; }
  Run& mine(State& state) const { return state.runs[number_]; }
  std::uint8_t name() const { return static_cast<std::uint8_t>(number_ + 1); }
  std::uint8_t bit() const { return static_cast<std::uint8_t>(1U << number_); }

  void make_lease_file() {
    // In the program, the lease file of a dead run has another name. Here there is one per run, so the
    // collector must remove it first.
    if (run_.has_file || steps_.before.lease_held_by_gc[number_]) return;
    State state = next(RunStep::file_made);
    mine(state).has_file = true;
    steps_.add(state, "run: make the lease's file");
    if (steps_.mutant == Mutant::lease_before_lock) claim_in(state, RunStep::unlocked_with_row);
  }

  void lock_lease() {
    State state = next(RunStep::locked);
    const bool is_lost = steps_.before.lease_held_by_gc[number_] || !run_.has_file;
    if (is_lost) {
      mine(state).step = RunStep::idle;  // tries again with another name
      mine(state).lease = LeaseRow::absent;
    } else {
      mine(state).has_lock = true;
    }
    steps_.add(state, "run: lock the lease");
  }

  void lock_late() {
    State state = next(RunStep::using_it);
    mine(state).has_lock = true;
    steps_.add(state, "run: lock the lease that has a row");
  }

  void claim() { claim_in(steps_.before, RunStep::using_it); }

  void claim_in(const State& from, RunStep step) {
    State state = from;
    Snapshot& snapshot = wished(state);
    const bool is_refused =
        visible(snapshot.fate) == Fate::deleting && steps_.mutant != Mutant::resurrects_deleting;
    if (!is_there(snapshot.row) || is_refused) return become_ingest(state);
    erase_if_any(snapshot);
    snapshot.used_since_census = true;
    mine(state).lease = LeaseRow::run;
    mine(state).step = step;
    steps_.add(state, "run: claim the snapshot");
  }

  void become_ingest(State state) {
    if (!mine(state).has_lock) return;
    mine(state).lease = LeaseRow::ingest;
    mine(state).step = RunStep::ingest_leased;
    for (Snapshot& snapshot : state.snapshots)
      if (is_there(snapshot.tree_row))
        snapshot.older_than = static_cast<std::uint8_t>(snapshot.older_than | bit());
    steps_.add(state, "ingest: record its lease");
  }

  void erase_if_any(Snapshot& snapshot) const {
    if (visible(snapshot.fate) != Fate::none) erase_fate(snapshot);
  }

  void erase_lease_row() {
    State state = next(RunStep::ending);
    mine(state).lease = LeaseRow::absent;
    steps_.add(state, "run: end, and erase the lease's row");
  }

  void unlink_lease() {
    State state = next(RunStep::idle);
    mine(state).has_file = mine(state).has_lock = false;
    steps_.add(state, "run: unlink the lease's file");
  }

  void look_for_tree() {
    const Snapshot& snapshot = steps_.before.snapshots[wish_];
    steps_.add(next(is_there(snapshot.tree_row) ? RunStep::tree_there : RunStep::tree_wanted),
               "ingest: look for the tree");
  }

  void lock_tree() {
    State state = next(RunStep::tree_locked);
    Snapshot& snapshot = wished(state);
    if (snapshot.tree_locked_by != 0 || snapshot.tree_locked_by_gc) return;
    snapshot.tree_locked_by = name();
    steps_.add(state, "ingest: lock the tree");
  }

  void place_tree() {
    State state = next(RunStep::objects_locked);
    Snapshot& snapshot = wished(state);
    if (is_there(snapshot.tree_row) && is_there(snapshot.tree)) {
      snapshot.tree_locked_by = 0;
      mine(state).step = RunStep::tree_there;
      return steps_.add(state, "ingest: another one has made the tree");
    }
    if (state.objects_exclusive) return;
    state.objects_shared = static_cast<std::uint8_t>(state.objects_shared | bit());
    make(snapshot.tree);
    make(state.object);
    steps_.add(state, "ingest: move the tree into place, and look at its object under locks/objects");
  }

  void record_blob() {
    State state = next(RunStep::blob_recorded);
    // A row written again would be newer than a promotion in progress, which would make the tree's row
    // durable, but not this one.
    if (!is_there(state.blob_row) || steps_.mutant == Mutant::blob_rows_rewritten)
      put(state.blob_row, state.blob_noted);
    state.objects_shared = static_cast<std::uint8_t>(state.objects_shared & ~bit());
    steps_.add(state, "ingest: record the blob");
  }

  void record_tree() {
    State state = next(RunStep::tree_there);
    Snapshot& snapshot = wished(state);
    put(snapshot.tree_row, snapshot.tree_noted);
    snapshot.older_than = 0;
    snapshot.tree_locked_by = 0;
    steps_.add(state, "ingest: record the tree");
  }

  void lock_snapshot() {
    State state = next(RunStep::snapshot_locked);
    Snapshot& snapshot = wished(state);
    if (steps_.mutant != Mutant::layout_made_unlocked) {
      if (snapshot.locked_by != 0 || snapshot.locked_by_gc) return;
      snapshot.locked_by = name();
    }
    steps_.add(state, "ingest: lock the snapshot");
  }

  void lay_out() {
    State state = next(RunStep::laid_out);
    Snapshot& snapshot = wished(state);
    const bool looks = !is_there(snapshot.row) || steps_.mutant != Mutant::takes_layout_for_granted;
    if (looks) make(snapshot.layout);
    steps_.add(state, "ingest: lay the snapshot out");
  }

  void record_snapshot() {
    State state = next(RunStep::using_it);
    Snapshot& snapshot = wished(state);
    if (snapshot.locked_by == name()) snapshot.locked_by = 0;
    const bool is_refused = !is_there(snapshot.row) && !is_there(snapshot.tree_row);
    if (is_refused && steps_.mutant != Mutant::trees_go_unasked) {
      mine(state).step = RunStep::ingest_leased;
      return steps_.add(state, "ingest: the tree is gone again");
    }
    put(snapshot.row, snapshot.row_noted);
    erase_if_any(snapshot);
    snapshot.used_since_census = true;
    mine(state).lease = LeaseRow::run;
    steps_.add(state, "ingest: record and lease the snapshot");
  }

  Steps& steps_;
  const std::uint8_t number_, wish_;
  const Run& run_;
};

}  // namespace

void add_run_steps(Steps& steps, std::uint8_t run) {
  RunSteps(steps, run).add();
}

}  // namespace envstore::model

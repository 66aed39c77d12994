#pragma once
#include <cstdint>
#include <string>
#include <vector>

// A model of how snapshots are made, used and deleted (store/leases/lease.cpp,
// store/snapshots/placement.cpp, store/objects/tree_rows.cpp, gc/collect/mark.cpp, gc/collect/sweep_*.cpp),
// small enough to examine every interleaving.
//
// Actors: two runs, each of a snapshot with a tree of its own, where both trees link the one blob; a
// collector for which everything unused is garbage; a promotion. Each may be killed between any two steps,
// and the power may fail at any moment: volatile rows are lost, and files that no syncfs has covered may or
// may not be on disk afterwards.
// A step is what other actors cannot see half done: one transaction, one rename, one lock taken.

namespace envstore::model {

/// Faults in the protocol: a step left out or done wrong. The check must detect each.
enum class Mutant {
  none,
  /// Snapshots are marked deleting without a check for use since they were condemned.
  no_recheck_before_deleting,
  lease_before_lock,       ///< the row is written before the file's lock is taken
  deleting_not_durable,    ///< files are moved away before `deleting` is durable
  resurrects_deleting,     ///< a run takes back a snapshot that is already `deleting`
  liveness_by_pid,         ///< a run in another PID namespace counts as dead
  blobs_go_during_ingest,  ///< a blob's row is erased while a tree that has the blob is being recorded
  objects_go_unlocked,     ///< objects are unlinked without excluding processes that record them
  blob_rows_rewritten,     ///< a row that waits for its promotion is written again
  trees_go_unasked,        ///< a snapshot is recorded without a check that its trees still exist
  layout_made_unlocked,    ///< a snapshot is laid out without the lock that the collector takes
  promotes_without_sync,   ///< rows become durable before the files that they name
  /// A layout that a dead collector left half deleted is recorded as if it were whole.
  takes_layout_for_granted,
  rows_go_while_named,  ///< a tree is deleted although a snapshot names it
  dead_leases_stay,     ///< leases of killed runs are never removed
  /// A snapshot that a dead collector left `deleting` is not deleted by the next one.
  deleting_is_forgotten,
  orphans_stay,  ///< files without rows are never searched for
};

const std::vector<Mutant>& mutants();
const char* name_of(Mutant mutant);

// do not change the order: each value guarantees more than the one before it
enum class Row : std::uint8_t { absent, not_durable, durable };
enum class File : std::uint8_t { absent, not_synced, synced, removal_not_synced };
/// `hidden`: `deleting` on the durable side, erased on the volatile one.
enum class Fate : std::uint8_t { none, condemned, deleting, hidden };
enum class LeaseRow : std::uint8_t { absent, ingest, run };

enum class RunStep : std::uint8_t {
  idle,
  file_made,
  locked,
  unlocked_with_row,  ///< only in the mutant lease_before_lock
  using_it,
  ending,
  ingest_leased,
  tree_wanted,
  tree_locked,
  objects_locked,
  blob_recorded,
  tree_there,
  snapshot_locked,
  laid_out,
};

enum class GcStep : std::uint8_t {
  idle,
  lease_found,
  lease_row_gone,
  census,
  condemn,
  snapshot,
  snapshot_locked,
  marked,
  moved,
  tree,
  tree_locked,
  tree_row_gone,
  blob,
  objects,
  objects_locked,
};

struct Run {
  RunStep step = RunStep::idle;
  bool has_file = false, has_lock = false;  ///< of the lease; the lock dies with the process
  LeaseRow lease = LeaseRow::absent;
  bool operator==(const Run&) const = default;
};

struct Snapshot {
  Row row = Row::absent, tree_row = Row::absent;
  Fate fate = Fate::none;
  File layout = File::absent, tree = File::absent;
  bool locked_by_gc = false, tree_locked_by_gc = false;
  std::uint8_t locked_by = 0, tree_locked_by = 0;  ///< 1 + the run's number; 0: free
  bool used_since_census = false, goes = false;
  std::uint8_t older_than = 0;  ///< bit n: the tree was there before the ingest of run n began
  bool row_noted = false, tree_noted = false, fate_noted = false;  ///< seen by the promotion in progress
  bool operator==(const Snapshot&) const = default;
};

struct State {
  Run runs[2];
  Snapshot snapshots[2];
  Row blob_row = Row::absent;
  bool blob_noted = false;
  File object = File::absent;
  std::uint8_t objects_shared = 0;  ///< bit n: run n holds locks/objects
  bool objects_exclusive = false;
  GcStep gc = GcStep::idle;
  std::uint8_t gc_at = 0;
  bool lease_held_by_gc[2] = {};
  bool promoting = false;
  bool operator==(const State&) const = default;
};

/// Who may act: all actors, or the collector alone and undisturbed.
enum class Actors { all, collector };

struct Successor {
  State state;
  const char* what;
};

enum class Disasters { kills, kills_and_power_cuts };

/// Which snapshot each run requests, 0 or 1, and which disasters may happen.
struct Wishes {
  std::uint8_t of[2];
  Disasters disasters = Disasters::kills_and_power_cuts;
};

std::vector<Successor> successors(const State& state, const Wishes& wishes, Mutant mutant, Actors actors);
/// The state after SIGKILL of every process.
State all_killed(const State& state);
/// The invariant that is violated; nullptr: none.
const char* fault_of(const State& state, const Wishes& wishes);
/// True if no row and no file is left.
bool is_empty(const State& state);

struct Verdict {
  bool is_accepted = true;
  std::string fault;
  std::vector<std::string> trace;  ///< the steps that lead to the fault
  std::size_t states = 0;
};

/// Examines every reachable state, and for each whether the collector alone then removes everything.
Verdict check(const Wishes& wishes, Mutant mutant);

}  // namespace envstore::model

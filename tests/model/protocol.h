#pragma once
#include <cstdint>
#include <string>
#include <vector>

// A model of how snapshots come, are used and go (DESIGN sections 6 and 8; store/leases/lease.cpp,
// store/snapshots/placement.cpp, store/objects/tree_rows.cpp, gc/collect/mark.cpp, gc/sweep_*.cpp), small
// enough that every interleaving can be looked at.
//
// Two runs, each of a snapshot with a tree of its own; both trees link the one blob. A collector that finds
// everything unused garbage. A promotion. Each may be killed between any two steps, and the power may go at
// any moment: volatile rows go, and what no syncfs has seen may or may not be on disk afterwards.
// A step is what nobody else can see half done: one transaction, one rename, one lock taken.

namespace envstore::model {

/// What is left out of the protocol, or done wrong. Each must be found out.
enum class Mutant {
  none,
  no_recheck_before_deleting,  ///< what was condemned is marked deleting, used since or not
  lease_before_lock,           ///< the row is written before the file's lock is taken
  deleting_not_durable,        ///< files are moved away while `deleting` would not survive a power cut
  resurrects_deleting,         ///< a run takes back what is already on its way out
  liveness_by_pid,             ///< a run in another PID namespace counts as dead
  blobs_go_during_ingest,      ///< a blob's row goes while a tree that has the blob is being recorded
  objects_go_unlocked,         ///< objects are unlinked without shutting out who records them
  blob_rows_rewritten,         ///< a row that waits for its promotion is written again
  trees_go_unasked,            ///< a snapshot is recorded without a look whether its trees still are
  layout_made_unlocked,        ///< a snapshot is laid out without the lock that the collector takes
  promotes_without_sync,       ///< rows become durable before what they name
  takes_layout_for_granted,    ///< what a dead collector left half deleted is recorded as if it were whole
  rows_go_while_named,         ///< a tree goes though a snapshot names it
  dead_leases_stay,            ///< leases of killed runs are never removed
  deleting_is_forgotten,       ///< what a dead collector left `deleting` is not taken up by the next
  orphans_stay,                ///< files without rows are never looked for
};

const std::vector<Mutant>& mutants();
const char* name_of(Mutant mutant);

// do not change the order: later ones include what the earlier ones say of the row
enum class Row : std::uint8_t { absent, not_durable, durable };
enum class File : std::uint8_t { absent, not_synced, synced, removal_not_synced };
/// `hidden`: deleting on the durable side, erased on the volatile one.
enum class Fate : std::uint8_t { none, condemned, deleting, hidden };
enum class LeaseRow : std::uint8_t { absent, ingest, run };

enum class RunStep : std::uint8_t {
  idle,
  file_made,
  locked,
  unlocked_with_row,  ///< of the mutant lease_before_lock alone
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
  std::uint8_t locked_by = 0, tree_locked_by = 0;  ///< 1 + the run
  bool used_since_census = false, goes = false;
  std::uint8_t older_than = 0;  ///< bit n: the tree was there before the ingest of run n began
  bool row_noted = false, tree_noted = false, fate_noted = false;  ///< by the promotion under way
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

/// Who may act: everybody, or the collector alone and undisturbed.
enum class Actors { all, collector };

struct Successor {
  State state;
  const char* what;
};

enum class Disasters { kills, kills_and_power_cuts };

/// What each run asks for, 0 or 1, and what may happen to it.
struct Wishes {
  std::uint8_t of[2];
  Disasters disasters = Disasters::kills_and_power_cuts;
};

std::vector<Successor> successors(const State& state, const Wishes& wishes, Mutant mutant, Actors actors);
/// Every process is gone, as by SIGKILL.
State all_killed(const State& state);
/// What must never be; nullptr: all is well.
const char* fault_of(const State& state, const Wishes& wishes);
/// Nothing is left.
bool is_empty(const State& state);

struct Verdict {
  bool is_accepted = true;
  std::string fault;
  std::vector<std::string> trace;  ///< the steps that lead there
  std::size_t states = 0;
};

/// Looks at every state that can be reached, and from each whether the collector alone gets rid of
/// everything.
Verdict check(const Wishes& wishes, Mutant mutant);

}  // namespace envstore::model

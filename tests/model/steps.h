#pragma once
#include "protocol.h"

namespace envstore::model {

/// Collects the possible next steps.
struct Steps {
  const State& before;
  const Wishes& wishes;
  const Mutant mutant;
  std::vector<Successor> found = {};
  void add(const State& state, const char* what) { found.push_back({state, what}); }
};

void add_run_steps(Steps& steps, std::uint8_t run);
void add_gc_steps(Steps& steps);
void add_promotion_steps(Steps& steps);
void add_deaths(Steps& steps);
void add_power_cuts(Steps& steps);

inline bool is_there(Row row) {
  return row != Row::absent;
}
inline bool is_there(File file) {
  return file == File::not_synced || file == File::synced;
}
/// Writes the row again: a promotion in progress has not seen this version.
inline void put(Row& row, bool& noted) {
  if (row == Row::absent) row = Row::not_durable;
  noted = false;
}
inline void make(File& file) {
  if (!is_there(file)) file = File::not_synced;
}
inline void remove(File& file) {
  file = file == File::synced ? File::removal_not_synced : file == File::not_synced ? File::absent : file;
}
inline Fate visible(Fate fate) {
  return fate == Fate::hidden ? Fate::none : fate;
}
inline void erase_fate(Snapshot& snapshot) {
  snapshot.fate =
      snapshot.fate == Fate::deleting || snapshot.fate == Fate::hidden ? Fate::hidden : Fate::none;
  snapshot.fate_noted = false;
}

}  // namespace envstore::model

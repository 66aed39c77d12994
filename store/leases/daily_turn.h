#pragma once
#include "store/index/store.h"

namespace envstore {

// Decides which process maintains the store in the background, at most once a day. The time of the last turn
// is the modification time of locks/gc.daily, by the store's clock. With a time more than a minute in the
// future, the turn is due.

/// Costs one stat of the file. Also true if the file is missing, as in a new store.
bool is_daily_turn_due(const StoreReader& store);

enum class DailyTurn { not_due, taken, first };
/// `taken`: the turn was due, and belongs to this process alone; the next one is due a day later, whether or
/// not this process completes its work. `first`: the file was missing; the first turn is due a day later.
DailyTurn take_daily_turn(StoreWriter& store);

}  // namespace envstore

#pragma once
#include "store/index/store.h"

namespace envstore {

// Whose turn it is to look after the store in the background, at most once a day: the modification time of
// locks/gc.daily, by the store's clock. A time from the future is no reason to wait for it.

/// One look at the file. Also true when it is missing, as in a new store.
bool is_daily_turn_due(Store& store);

enum class DailyTurn { not_due, taken, first };
/// `taken`: it was due, and is this process's alone; the next is a day away, whatever becomes of this one.
/// `first`: the file was missing, and counting begins.
DailyTurn take_daily_turn(Store& store);

}  // namespace envstore

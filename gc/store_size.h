#pragma once
#include <cstdint>
#include <optional>

#include "gc/policy.h"
#include "store/store.h"

namespace envstore {

/// What a collection leaves for the question that is asked after each ingest, whether the next one is due:
/// locks/gc.size, text: the bytes of the store then, the sum of what the trees say of their files then, 1 if
/// a cap could not be met, and the time.
void note_size(Store& store, std::uint64_t total_bytes, bool has_missed_cap);

/// The store has outgrown `max_size` (by the note and the trees that came since, shared files counted twice),
/// or the disk has less than `min_free`. Costs a statvfs and a walk over the trees' rows. False for a quarter
/// of an hour after a collection that could not meet its caps: the next would not either.
bool is_collection_due(Store& store, const Policy& policy);

/// When the last collection ended, by its clock. nullopt: not known.
std::optional<std::int64_t> last_collection_ns(Store& store);

}  // namespace envstore

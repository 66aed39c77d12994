#include "store/index/index_merge.h"

namespace envstore::index {

MergedRows::MergedRows(Index::Read::State& state, std::string prefix, std::string_view from)
    : prefix_(std::move(prefix)) {
  if (Transaction* volatile_side = state.volatile_side()) volatile_.cursor.emplace(*volatile_side);
  if (has_durable_side(prefix_)) durable_.cursor.emplace(state.durable());
  seek(from);
}

void MergedRows::keep(Side& side, const std::optional<Cursor::Entry>& entry) const {
  side.here = entry && entry->first.starts_with(prefix_) ? entry : std::nullopt;
}

void MergedRows::seek(Side& side, std::string_view from) const {
  if (side.cursor) keep(side, side.cursor->at_or_after(from));
}

void MergedRows::step(Side& side) const {
  if (side.here) keep(side, side.cursor->next());
}

void MergedRows::seek(std::string_view from) {
  seek(volatile_, from);
  seek(durable_, from);
  settle();
}

void MergedRows::next() {
  if (!here_) return;
  // A volatile row comes before the durable row with the same key, if there is one.
  const bool is_volatile_row = volatile_.here && volatile_.here->first.data() == here_->first.data();
  if (!is_volatile_row) {
    step(durable_);
  } else {
    if (durable_.here && durable_.here->first == volatile_.here->first) step(durable_);
    step(volatile_);
  }
  settle();
}

/// Finds the current row: skips erased ones.
void MergedRows::settle() {
  while (volatile_.here && (!durable_.here || volatile_.here->first <= durable_.here->first)) {
    const VolatileEntry entry = parse_entry(volatile_.here->second);
    if (entry.state == VolatileEntry::State::row) {
      here_ = Cursor::Entry{volatile_.here->first, entry.row};
      return;
    }
    if (durable_.here && durable_.here->first == volatile_.here->first) step(durable_);
    step(volatile_);
  }
  here_ = durable_.here;
}

}  // namespace envstore::index

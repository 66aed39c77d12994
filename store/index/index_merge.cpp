#include "store/index/index_merge.h"

namespace envstore::index {

MergedRows::MergedRows(Index::Read::State& state, std::string prefix, std::string_view from)
    : prefix_(std::move(prefix)) {
  if (Transaction* recent = state.recent()) recent_.cursor.emplace(*recent);
  if (has_durable_side(prefix_)) settled_.cursor.emplace(state.durable());
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
  seek(recent_, from);
  seek(settled_, from);
  settle();
}

void MergedRows::next() {
  if (!here_) return;
  // A volatile row comes before the durable row with the same key, if there is one.
  const bool is_recent = recent_.here && recent_.here->first.data() == here_->first.data();
  if (!is_recent) {
    step(settled_);
  } else {
    if (settled_.here && settled_.here->first == recent_.here->first) step(settled_);
    step(recent_);
  }
  settle();
}

/// Finds the current row: skips erased ones.
void MergedRows::settle() {
  while (recent_.here && (!settled_.here || recent_.here->first <= settled_.here->first)) {
    const VolatileEntry entry = parse_entry(recent_.here->second);
    if (entry.state == VolatileEntry::State::row) {
      here_ = Cursor::Entry{recent_.here->first, entry.row};
      return;
    }
    if (settled_.here && settled_.here->first == recent_.here->first) step(settled_);
    step(recent_);
  }
  here_ = settled_.here;
}

}  // namespace envstore::index

#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "store/index/index_state.h"

namespace envstore::index {

/// Rows of both environments whose keys begin with `prefix`, in key order, each once: a volatile row hides
/// the durable row with the same key, and an erasure hides the durable row as well. Views are valid as long
/// as those of the transactions.
class MergedRows {
 public:
  /// Positions on the first row whose key is not less than `from`.
  MergedRows(Index::Read::State& state, std::string prefix, std::string_view from);

  const std::optional<Cursor::Entry>& here() const { return here_; }
  void next();                       ///< only if nothing was written since
  void seek(std::string_view from);  ///< also after writes

 private:
  /// A cursor and its current entry, within the prefix.
  struct Side {
    std::optional<Cursor> cursor;
    std::optional<Cursor::Entry> here;
  };
  void seek(Side& side, std::string_view from) const;
  void step(Side& side) const;
  void keep(Side& side, const std::optional<Cursor::Entry>& entry) const;
  void settle();

  std::string prefix_;
  Side volatile_, durable_;
  std::optional<Cursor::Entry> here_;
};

}  // namespace envstore::index

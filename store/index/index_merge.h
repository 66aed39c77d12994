#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "store/index/index_state.h"

namespace envstore::index {

/// Rows of both environments whose keys begin with `prefix`, in key order, each once: a volatile entry hides
/// the durable row of its key, an erased one both. Views last as long as the transactions' do.
class MergedRows {
 public:
  /// Stands on the first row whose key is not less than `from`.
  MergedRows(Index::Read::State& state, std::string prefix, std::string_view from);

  const std::optional<Cursor::Entry>& here() const { return here_; }
  void next();                       ///< only where nothing was written since
  void seek(std::string_view from);  ///< also after writes

 private:
  /// A cursor and what it stands on, within the prefix.
  struct Side {
    std::optional<Cursor> cursor;
    std::optional<Cursor::Entry> here;
  };
  void seek(Side& side, std::string_view from) const;
  void step(Side& side) const;
  void keep(Side& side, const std::optional<Cursor::Entry>& entry) const;
  void settle();

  std::string prefix_;
  Side recent_, settled_;
  std::optional<Cursor::Entry> here_;
};

}  // namespace envstore::index

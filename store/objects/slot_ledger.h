#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/index/store.h"

namespace envstore {

/// One derived file as it was written.
struct DerivedFile {
  std::uint64_t inode = 0, size = 0, hash = 0;
  std::int64_t mtime_ns = 0;
};

/// bytecode/<owner>/ledger: the files that were put into the slots of a tree or snapshot, one line per file,
/// appended before the file gets its name: `INODE MTIME SIZE HASH SLOT/NAME`. HASH is that of the file's own
/// bytes, as its maker computes it (DerivedFiles::is_hash). Malformed lines (a write that was cut short) are
/// skipped. A file may have several lines.
class SlotLedger {
 public:
  static SlotLedger load(const StoreReader& store, const std::string& owner_directory);
  static SlotLedger parse(std::string_view text);
  using Lines = std::multimap<std::string, DerivedFile, std::less<>>;
  std::pair<Lines::const_iterator, Lines::const_iterator> of(std::string_view name) const {
    return lines_.equal_range(name);
  }

 private:
  Lines lines_;
};
/// The size of each file in a ledger's text when it was last made. The names are views into the text.
std::unordered_map<std::string_view, std::uint64_t> derived_sizes(std::string_view text);
std::string ledger_line(const std::string& name, const DerivedFile& file);

}  // namespace envstore

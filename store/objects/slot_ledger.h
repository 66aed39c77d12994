#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/index/store.h"

namespace envstore {

/// One compiled file as it was written.
struct CompiledFile {
  std::uint64_t inode = 0, size = 0, hash = 0;
  std::int64_t mtime_ns = 0;
};

/// bytecode/<owner>/ledger: the files that were compiled into the slots of a tree or snapshot, one line per
/// file, appended before the file gets its name: `INODE MTIME SIZE HASH SLOT/NAME`. HASH is PEP 552's hash of
/// the file's own bytes. Malformed lines (a write that was cut short) are skipped. A file may have several
/// lines.
class BytecodeLedger {
 public:
  static BytecodeLedger load(Store& store, const std::string& owner_directory);
  static BytecodeLedger parse(std::string_view text);
  using Lines = std::multimap<std::string, CompiledFile, std::less<>>;
  std::pair<Lines::const_iterator, Lines::const_iterator> of(std::string_view name) const {
    return lines_.equal_range(name);
  }

 private:
  Lines lines_;
};
/// The size of each file in a ledger's text when it was last compiled. The names are views into the text.
std::unordered_map<std::string_view, std::uint64_t> compiled_sizes(std::string_view text);
std::string ledger_line(const std::string& name, const CompiledFile& file);

/// The hash of PEP 552, as interpreters of this magic number compute it: SipHash-1-3 since CPython 3.11,
/// SipHash-2-4 before.
bool is_python_hash(std::uint64_t hash, std::uint32_t magic, std::span<const std::byte> bytes);

/// The first 16 bytes of a .pyc.
struct PycHeader {
  std::uint32_t magic = 0, flags = 0;
  std::uint64_t source_hash = 0;                    ///< for a hash-based .pyc
  std::uint32_t source_mtime = 0, source_size = 0;  ///< for a timestamp-based .pyc
  static bool read(std::span<const std::byte> bytes, PycHeader& header);
  bool is_unchecked_hash() const { return flags == 1; }
  bool is_timed() const { return flags == 0; }
};

}  // namespace envstore

#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace crash {

/// Which system calls are numbered.
enum class Select {
  changes,  ///< effects visible to other processes: disk, locks, processes. A kill between two such calls
            ///< has the same effect as a kill before the second.
  all,
  enospc,  ///< the calls that can fail with this error
  eio,
  emfile,
  eintr
};

struct Call {
  std::uint64_t number = 0;
  std::uint64_t arguments[6] = {};
};

bool is_selected(Select select, const Call& call);
bool lowers_priority(const Call& call);
/// Numbers of all calls for which `is_selected` or `lowers_priority` can be true; incomplete for `all`.
std::vector<std::uint32_t> numbers_looked_at(Select select);
/// For messages; the number if the name is unknown.
std::string name_of(const Call& call);
/// The errno to inject; 0 for `changes` and `all`.
int error_of(Select select);

}  // namespace crash

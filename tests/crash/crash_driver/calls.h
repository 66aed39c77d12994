#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace crash {

/// Which system calls are numbered.
enum class Select {
  changes,  ///< what another process could see: the disk, locks, processes. Between two of them a kill
            ///< leaves what it leaves at the second.
  all,
  enospc,  ///< the calls that can fail so
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
/// All that `is_selected` and `lowers_priority` can be true of, save for `all`.
std::vector<std::uint32_t> numbers_looked_at(Select select);
/// For people; the number when the table below does not have it.
std::string name_of(const Call& call);
/// errno of an error to inject; 0 for `changes` and `all`.
int error_of(Select select);

}  // namespace crash

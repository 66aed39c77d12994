#pragma once
#include <cstdint>
#include <string>

#include "zip/error.h"
#include "zip/member.h"

namespace zip {

/// An entry of the central directory.
struct Entry {
  Member member;  ///< data_offset is that of the local header; the name is without a slash at its end
  bool is_directory = false;
  bool has_descriptor = false;  ///< sizes and CRC follow the data (flag bit 3)
};

[[noreturn]] inline void refuse(const std::string& reason) {
  throw Error(reason);
}
[[noreturn]] inline void refuse(const Member& member, const std::string& reason) {
  throw Error(member.name, reason);
}

}  // namespace zip

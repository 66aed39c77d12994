#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

#include "store/platform/error.h"

namespace envstore::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Runs `read`, which may throw an Error of one of `kinds` and nothing else.
template <class Read>
void may_refuse(std::initializer_list<ErrorKind> kinds, const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    for (const ErrorKind kind : kinds)
      if (error.kind() == kind) return;
    std::abort();
  }
}

}  // namespace envstore::fuzz

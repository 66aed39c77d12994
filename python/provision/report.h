#pragma once
#include <cstddef>

namespace envstore {

struct ProvisionReport {
  std::size_t installed = 0, reused = 0;  ///< distributions unpacked now, and those already in the store
  double seconds = 0;
};

}  // namespace envstore

#pragma once
#include <future>

namespace envstore {

/// Runs `function` on a new thread or, if no thread can be started, inside get() or wait(). Copies
/// `function`: std::async of libstdc++ has already moved from a temporary when it falls back to deferred
/// execution.
template <class Function>
auto async_or_deferred(const Function& function) {
  return std::async(std::launch::async | std::launch::deferred, function);
}

}  // namespace envstore

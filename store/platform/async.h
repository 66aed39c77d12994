#pragma once
#include <future>

namespace envstore {

/// Runs `function` on a thread of its own or, where none can be had, within get() or wait(). Copies it:
/// before std::async of libstdc++ falls back to the latter, it has moved away what was given as a temporary.
template <class Function>
auto async_or_deferred(const Function& function) {
  return std::async(std::launch::async | std::launch::deferred, function);
}

}  // namespace envstore

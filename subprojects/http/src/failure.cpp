#include "failure.h"

#include <new>

namespace http {

Failure current_failure() noexcept {
  try {
    try {
      throw;
    } catch (const Fault& fault) {
      return fault.failure;
    } catch (const std::bad_alloc&) {
      return {.cause = Cause::out_of_memory};
    } catch (const std::exception& error) {
      return {.cause = Cause::other, .reason = error.what()};
    }
  } catch (...) {
    return {.cause = Cause::out_of_memory};
  }
}

}  // namespace http

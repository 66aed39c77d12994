#include "python/network/failure.h"

#include <new>

namespace envstore {

HttpFailure current_failure() noexcept {
  HttpFailure failure;
  try {
    throw;
  } catch (const Error& error) {
    try {
      failure.message = error.what();
      failure.hint = error.hint();
      failure.kind = error.kind();
      return failure;
    } catch (const std::bad_alloc&) {
    }
  } catch (const std::bad_alloc&) {
  } catch (const std::exception& error) {
    try {
      failure.message = std::string("cannot use the network: ") + error.what();
      return failure;
    } catch (const std::bad_alloc&) {
    }
  }
  return {.kind = ErrorKind::io, .message = {}, .hint = {}, .is_out_of_memory = true};
}

}  // namespace envstore

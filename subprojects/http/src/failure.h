#pragma once
#include <exception>
#include <utility>

#include "http/message.h"

namespace http {

/// A failure on its way through the engine; never leaves it.
struct Fault : std::exception {
  explicit Fault(Failure its_failure) : failure(std::move(its_failure)) {}
  Failure failure;
};

/// The exception being handled, as a value that may leave the engine.
Failure current_failure() noexcept;

}  // namespace http

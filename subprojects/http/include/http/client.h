#pragma once
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "http/engine.h"

namespace http {

/// A failure as an exception, unless the program has one of its own.
class Error : public std::runtime_error {
 public:
  explicit Error(Failure failure) : std::runtime_error(failure.reason), failure_(std::move(failure)) {}
  const Failure& failure() const { return failure_; }

 private:
  Failure failure_;
};

/// What a program throws for a failure. Must not throw itself.
using ToException = std::function<std::exception_ptr(const Failure&)>;
std::exception_ptr as_error(const Failure& failure);  ///< Error, or std::bad_alloc

/// Transfers as futures.
class Client {
 public:
  virtual ~Client() = default;
  /// Thread-safe. A failed transfer, and what a callback of the request throws, are in the future. The
  /// callbacks are not called after the future is ready.
  virtual std::future<Response> start(Request request) = 0;
};

std::unique_ptr<Client> make_client(std::unique_ptr<Engine> engine, ToException to_exception = as_error);

/// Loads the engine's module (dlopen(3)), once for all clients of the process, and makes a client. A failure
/// to ask for credentials counts as none. Throws what `to_exception` makes of a failure.
std::unique_ptr<Client> load_client(const char* module, const Settings& settings,
                                    ToException to_exception = as_error);

}  // namespace http

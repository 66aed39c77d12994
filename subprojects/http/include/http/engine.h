#pragma once
#include <memory>

#include "http/message.h"

// What the program and the module that holds the engine call of each other. Each of them may contain a C++
// runtime of its own (a program that links it statically, a module that gets it with libcurl), and an
// exception that passes frames of both ends the process. So no exception crosses this boundary, in either
// direction: failures are values.

namespace http {

/// The program's side of one transfer. Called on the network thread; destroyed by the engine after the last
/// call.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// Bytes of the body of a 2xx answer, as they arrive. Offset 0 again: a retry. `total`: 0 if unknown.
  /// False: the receiver cannot use them, and the transfer fails.
  virtual bool take(std::uint64_t offset, std::span<const std::byte> bytes, std::uint64_t total) noexcept = 0;
  /// The last call is one of these.
  virtual void succeed(Response response) noexcept = 0;
  virtual void fail(Failure failure) noexcept = 0;
};

/// The module's side: all transfers on one thread of its own (libcurl multi, HTTP/2, connections used again,
/// proxies from the environment). Credentials in a URL are remembered for its origin and also used for its
/// other URLs. `Accept-Encoding` is gzip for a plain body, identity for ranges and files. At most ten
/// redirects, never from https to http.
class Engine {
 public:
  virtual ~Engine() = default;  ///< fails all transfers and joins the thread
  /// Thread-safe. Any final HTTP status is a response. `on_body` and `on_progress` of the request are not
  /// called: `receiver` is. TLS errors are never retried.
  virtual void start(Request request, std::unique_ptr<Receiver> receiver) noexcept = 0;
};

/// The only exported function of the module. Change the number whenever message.h or this file changes, so
/// that a module of another build is not called.
inline constexpr const char* kEngineEntry = "http_make_engine_2";
/// Null on failure, which is then in `failure`. `ask_credentials` of the settings must not throw.
using MakeEngine = Engine* (*)(const Settings& settings, Failure& failure) noexcept;

}  // namespace http

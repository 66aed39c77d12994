#pragma once
#include "python/network/http.h"
#include "store/platform/error.h"

namespace envstore {

/// What the program and the network module call of each other. Each of them may contain a C++ runtime of its
/// own (the program links it statically, the module gets it with libcurl), and an exception that passes
/// frames of both ends the process. So no exception crosses the boundary, in either direction: failures are
/// values.

/// Why a transfer failed, or a client could not be made.
struct HttpFailure {
  ErrorKind kind = ErrorKind::network;
  std::string message;
  std::string hint;
  bool is_out_of_memory = false;  ///< the texts are empty then
};

/// The program's side of one transfer. Called on the network thread; destroyed by the module after the last
/// call.
class TransferReceiver {
 public:
  virtual ~TransferReceiver() = default;
  /// Bytes of the body of a 2xx answer, as they arrive. Offset 0 again: a retry. `total`: 0 if unknown.
  /// False: the receiver cannot use them, and the transfer fails.
  virtual bool take(std::uint64_t offset, std::span<const std::byte> bytes, std::uint64_t total) noexcept = 0;
  /// The last call is one of these.
  virtual void succeed(HttpResponse response) noexcept = 0;
  virtual void fail(HttpFailure failure) noexcept = 0;
};

/// The module's side: a client with its own thread.
class TransferEngine {
 public:
  virtual ~TransferEngine() = default;  ///< fails all transfers and joins the thread
  /// Thread-safe. `on_body` and `on_progress` of the request are not called: `receiver` is.
  virtual void start(HttpRequest request, std::unique_ptr<TransferReceiver> receiver) noexcept = 0;
};

inline constexpr const char* kNetworkModule = "envstore-network.so";
/// Change the number whenever http.h or this file changes, so that a module of another build is not called.
inline constexpr const char* kNetworkEntry = "envstore_make_transfer_engine_4";
/// Null on failure, which is then in `failure`. `ask_credentials` of the settings must not throw.
using MakeTransferEngine = TransferEngine* (*)(const HttpSettings& settings, HttpFailure& failure) noexcept;

}  // namespace envstore

#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace envstore {

/// A range of bytes (RFC 9110 section 14). `first` absent: the last `last_or_count` bytes.
struct ByteRange {
  std::optional<std::uint64_t> first;
  std::uint64_t last_or_count = 0;
};

struct HttpRequest {
  std::string url;  ///< https://, http://; credentials in it are sent only to its origin
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<ByteRange> range = {};  ///< a larger 200 answer that ignores it is cut off: no body
  std::uint64_t size_limit = std::uint64_t{1} << 31;  ///< a larger body is an error
  int body_fd = -1;  ///< >= 0: receives the body of a 2xx answer instead of `body`; not owned
  std::span<std::byte> body_memory = {};  ///< not empty: likewise; a longer body is an error
  std::function<void(std::uint64_t received, std::uint64_t total)> on_progress =
      {};  ///< on the network thread
  /// Receives the body of a 2xx answer as it arrives, on the network thread. A second call with offset 0
  /// means a retry: the body starts again.
  std::function<void(std::uint64_t offset, std::span<const std::byte> bytes)> on_body = {};
  /// Set to true to cancel: Error{network} follows within about a second. Not owned.
  const std::atomic<bool>* is_given_up = nullptr;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers = {};  ///< lower-case names
  std::string body = {};
  std::string effective_url = {};  ///< after redirects, without credentials
};

/// Credentials of one origin, from URL, netrc or keyring.
struct Credentials {
  std::string user, password;
};

struct HttpSettings {
  std::string user_agent;
  std::string ca_bundle;     ///< user-named file: SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE, PIP_CERT
  std::string ca_directory;  ///< SSL_CERT_DIR, or the system's hashed directory
  std::string netrc;         ///< path, or empty
  int max_in_flight = 50;
  int retries = 3;  ///< after transient failures: connection, timeout, 408, 429, 5xx; honours Retry-After
  int connect_timeout_seconds = 30;
  int stall_timeout_seconds = 30;  ///< an attempt that receives nothing for this long has failed
  /// A request fails when it takes longer than 2 * patience plus the time to receive its bytes at 100 B/s,
  /// counted from the first byte of an answer; or, with retries and waits, longer than 20 * patience + 2 *
  /// stall timeout, for a file plus the time to receive its bytes at 20 kB/s.
  int patience_seconds = 30;
  /// Called once per origin after a 401 when neither the URL nor netrc has credentials. Blocks the network
  /// thread.
  std::function<std::optional<Credentials>(const std::string& origin)> ask_credentials = {};
};

/// An HTTP client with its own thread (libcurl multi, HTTP/2, connection reuse, proxies from the
/// environment). Lives in the network module, which is loaded at the first download: see make_http_client.
/// Credentials in a URL are remembered for its origin and also used for its other URLs, such as the files of
/// a private package index. `Accept-Encoding` is gzip for a plain body, identity for ranges and files.
/// Redirects: at most ten, never from https to http.
class HttpClient {
 public:
  virtual ~HttpClient() = default;  ///< aborts all transfers and joins the thread
  /// Thread-safe. Any final HTTP status is a response. A failed transfer (DNS, TLS, connection refused,
  /// truncated, redirect loop, too large) sets Error{network} with a hint in the future. TLS errors are never
  /// retried.
  virtual std::future<HttpResponse> start(HttpRequest request) = 0;
};

/// Loads the network module (envstore-network.so, found through the program's RUNPATH) and makes a client.
/// Throws Error{unsupported} when the module cannot be loaded.
std::unique_ptr<HttpClient> make_http_client(const HttpSettings& settings);

}  // namespace envstore

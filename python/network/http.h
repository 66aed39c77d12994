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
  std::string url;  ///< https://, http://; credentials in it are used and never leave the origin
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<ByteRange> range =
      {};  ///< a server that ignores it and would send more is cut off: status 200, no body
  std::uint64_t size_limit = std::uint64_t{1} << 31;  ///< more than this in a body is an error
  int body_fd = -1;  ///< not negative: the body of a 2xx answer is written there instead of `body`; not owned
  std::span<std::byte> body_memory = {};  ///< not empty: the same; a longer body is an error
  std::function<void(std::uint64_t received, std::uint64_t total)> on_progress =
      {};  ///< on the network thread
  /// The body of a 2xx answer as it arrives, on the network thread. Offset 0 again: a retry, all begins anew.
  std::function<void(std::uint64_t offset, std::span<const std::byte> bytes)> on_body = {};
  /// True: nobody waits for the answer any more; Error{network} follows within about a second. Not owned.
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
  std::string
      ca_bundle;  ///< a file named by the user: SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE, PIP_CERT
  std::string ca_directory;  ///< SSL_CERT_DIR, or the system's hashed directory
  std::string netrc;         ///< path, or empty
  int max_in_flight = 50;
  int retries = 3;  ///< on what passes: connection faults, timeouts, 408, 429, 5xx; honours Retry-After
  int connect_timeout_seconds = 30;
  int stall_timeout_seconds = 30;  ///< without a byte for so long an attempt has failed
  /// From the first byte of an answer on a request has twice this and what it takes to receive at 100 B/s;
  /// with its retries and waits twenty times this, a file also what it takes to receive at 20 kB/s.
  int patience_seconds = 30;
  /// Asked once an origin after a 401, when neither URL nor netrc had an answer. On the network thread, which
  /// waits.
  std::function<std::optional<Credentials>(const std::string& origin)> ask_credentials = {};
};

/// HTTP with one thread of its own (libcurl multi, HTTP/2, connection reuse, proxies from the environment).
/// Lives in the network module, which is loaded at the first download: see make_http_client. Credentials in a
/// URL are remembered for its origin, so that the files of a private index need none of their own.
/// `Accept-Encoding` is gzip for a plain body, identity for ranges and files. Redirects: at most ten, never
/// from https to http.
class HttpClient {
 public:
  virtual ~HttpClient() = default;  ///< aborts what is under way and joins the thread
  /// Thread-safe. Any final status is a response; a failed transfer (DNS, TLS, refused, truncated, redirect
  /// loop, too large) is Error{network} in the future, with a hint. Never retries TLS errors.
  virtual std::future<HttpResponse> start(HttpRequest request) = 0;
};

/// Loads the network module (envstore-network.so, found through the program's RUNPATH) and makes a client.
/// Throws Error{unsupported} when it is not there.
std::unique_ptr<HttpClient> make_http_client(const HttpSettings& settings);

}  // namespace envstore

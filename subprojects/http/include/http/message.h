#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace http {

/// A range of bytes (RFC 9110 section 14). `first` absent: the last `last_or_count` bytes.
struct ByteRange {
  std::optional<std::uint64_t> first;
  std::uint64_t last_or_count = 0;
};

/// RFC 9110 section 9.3. After a failure that may have reached the server, only what is idempotent is sent
/// again: not `post`.
enum class Method { get, head, put, post, remove };

struct Request {
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
  /// Set to true to cancel: the transfer fails within about a second. Not owned.
  const std::atomic<bool>* is_given_up = nullptr;

  Method method = Method::get;
  std::string content = {};        ///< what `put` and `post` send
  int content_fd = -1;             ///< >= 0: they send this file instead, from its start; not owned
  std::uint64_t content_size = 0;  ///< bytes of the file; a shorter file fails the transfer
};

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers = {};  ///< lower-case names
  std::string body = {};
  std::string effective_url = {};  ///< after redirects, without credentials
};

/// Credentials of one origin, from URL, netrc or keyring.
struct Credentials {
  std::string user, password;
};

struct Settings {
  std::string user_agent;
  std::string ca_bundle;                ///< a file of certificates; empty: the system's
  std::string ca_directory;             ///< a hashed directory of certificates
  std::string client_certificate = {};  ///< a PEM file with certificate and key, for mutual TLS; or empty
  /// HOST or HOST:PORT: a certificate that cannot be verified is accepted from these.
  std::vector<std::string> insecure_hosts = {};
  /// Used where no variable of the environment names a proxy, or the hosts that need none.
  std::string http_proxy = {}, https_proxy = {}, no_proxy = {};
  std::string netrc;  ///< path, or empty
  int max_in_flight = 50;
  int retries = 3;  ///< after transient failures: connection, timeout, 408, 429, 5xx; honours Retry-After
  int connect_timeout_seconds = 30;
  int stall_timeout_seconds = 30;  ///< an attempt that receives nothing for this long has failed
  /// A request fails when it takes longer than 2 * patience plus the time to receive its bytes at 100 B/s,
  /// counted from the first byte of an answer; or, with retries and waits, longer than 20 * patience + 2 *
  /// stall timeout, for a file plus the time to transfer its bytes at 20 kB/s.
  int patience_seconds = 30;
  /// Called once per origin after a 401 when neither the URL nor netrc has credentials. Blocks the network
  /// thread.
  std::function<std::optional<Credentials>(const std::string& origin)> ask_credentials = {};
};

/// Why a transfer failed, or no client could be made.
enum class Cause {
  out_of_memory,  ///< the other members of the failure are empty then
  no_engine,      ///< the module cannot be loaded, or libcurl lacks an option
  no_thread,
  no_descriptor,
  invalid_request,
  given_up,
  too_slow,
  too_large,
  long_header,  ///< over libcurl's limit, or out of memory: libcurl does not report which
  redirect,     ///< in a circle, too many, or to what is not HTTP
  insecure_redirect,
  unresolved_host,
  unresolved_proxy,
  not_connected,
  timed_out,
  cut_short,  ///< the connection ended early
  not_http,
  untrusted_certificate,
  unreadable_certificates,
  tls,
  file,  ///< body_fd or content_fd: see `error_number`
  other,
};

struct Failure {
  Cause cause = Cause::other;
  std::string url = {};     ///< of the attempt that failed, or as requested; empty: not of a transfer
  std::string reason = {};  ///< in English, without its end mark; may hold text of the server
  int error_number = 0;     ///< errno, or 0
};

}  // namespace http

#include "curl_fault.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace http {
namespace {

struct Described {
  Cause cause;
  std::string reason;
};

Described tls_fault(CURLcode code, const std::string& detail, const Settings& settings) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return {Cause::untrusted_certificate, "the server's certificate is not trusted (" + detail + ")"};
    case CURLE_SSL_CACERT_BADFILE:
      return {Cause::unreadable_certificates,
              "the certificates in '" +
                  (settings.ca_bundle.empty() ? settings.ca_directory : settings.ca_bundle) +
                  "' cannot be read"};
    case CURLE_SSL_CERTPROBLEM:
      return {Cause::unreadable_certificates, "the client certificate in '" + settings.client_certificate +
                                                  "' cannot be used (" + detail + ")"};
    default:
      return {Cause::tls, "no secure connection could be made (" + detail + ")"};
  }
}

Described fault_of(CURLcode code, const std::string& detail, const Url& url, const Settings& settings) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Cause::unresolved_host, "the host name '" + url.host + "' cannot be resolved"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Cause::unresolved_proxy, "the proxy's host name cannot be resolved"};
    case CURLE_COULDNT_CONNECT:
      return {Cause::not_connected, "no connection to " + url.host +
                                        (url.port.empty() ? "" : ":" + url.port) + " (" + detail + ")"};
    case CURLE_OPERATION_TIMEDOUT:
      return {Cause::timed_out, "the server did not answer in time (" + detail + ")"};
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {Cause::cut_short, "the connection ended before everything had arrived (" + detail + ")"};
    case CURLE_GOT_NOTHING:
      return {Cause::cut_short, "the server closed the connection without an answer"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return tls_fault(code, detail, settings);
    case CURLE_BAD_CONTENT_ENCODING:
      return {Cause::other, "the answer's compression is damaged"};
    case CURLE_URL_MALFORMAT:
      return {Cause::invalid_request, "it is no address that can be fetched"};
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9: the addresses are known to be http or https
    case CURLE_WEIRD_SERVER_REPLY:
      return {Cause::not_http, "the server does not speak HTTP"};
    case CURLE_OUT_OF_MEMORY:  // libcurl before 8.6 returns this for a header line over its own limit
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
#endif
      return {Cause::long_header, "a line of its headers is too long, or out of memory"};
    default:
      return {Cause::other, detail};
  }
}

/// libcurl reports a failed socket() as a failed connection: check whether descriptors have run out.
bool is_without_descriptors() {
  const int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (fd >= 0) close(fd);
  return fd < 0 && errno == EMFILE;
}

}  // namespace

bool is_transient(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

bool is_unsent(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_COULDNT_CONNECT;
}

Failure describe_fault(CURLcode code, const std::string& detail, const Url& url, const Settings& settings) {
  if (code == CURLE_COULDNT_CONNECT && is_without_descriptors())
    return {.cause = Cause::no_descriptor,
            .url = url.text(),
            .reason = "too many open files",
            .error_number = EMFILE};
  Described fault = fault_of(code, detail.empty() ? curl_easy_strerror(code) : detail, url, settings);
  return {.cause = fault.cause, .url = url.text(), .reason = std::move(fault.reason)};
}

}  // namespace http

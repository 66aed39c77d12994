#include "python/network/fault_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "store/platform/limits.h"

namespace envstore {
namespace {

constexpr const char* kCheckNetwork =
    "check the network and the proxy settings; --offline uses what is cached";
constexpr const char* kWaitLonger =
    "check the network and the proxy settings; ENVSTORE_HTTP_TIMEOUT=SECONDS waits longer; --offline uses "
    "what is "
    "cached";
constexpr const char* kCheckCertificates =
    "if your network replaces certificates, name your organisation's bundle in SSL_CERT_FILE";

struct Fault {
  std::string reason, hint;
};

Fault tls_fault(CURLcode code, const std::string& detail, const HttpSettings& settings) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return {"the server's certificate is not trusted (" + detail + ")", kCheckCertificates};
    case CURLE_SSL_CACERT_BADFILE:
      return {"the certificates in '" +
                  (settings.ca_bundle.empty() ? settings.ca_directory : settings.ca_bundle) +
                  "' cannot be read",
              "correct SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE or PIP_CERT"};
    default:
      return {"no secure connection could be made (" + detail + ")", kCheckCertificates};
  }
}

Fault fault_of(CURLcode code, const std::string& detail, const Url& url, const HttpSettings& settings) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {"the host name '" + url.host + "' cannot be resolved", kCheckNetwork};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {"the proxy's host name cannot be resolved",
              "check http_proxy, https_proxy, all_proxy and no_proxy"};
    case CURLE_COULDNT_CONNECT:
      return {"no connection to " + url.host + (url.port.empty() ? "" : ":" + url.port) + " (" + detail + ")",
              kCheckNetwork};
    case CURLE_OPERATION_TIMEDOUT:
      return {"the server did not answer in time (" + detail + ")", kWaitLonger};
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {"the connection ended before everything had arrived (" + detail + ")", "try again"};
    case CURLE_GOT_NOTHING:
      return {"the server closed the connection without an answer", "try again"};
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
      return {"the answer's compression is damaged", {}};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return {"it is no address that can be fetched", {}};
    case CURLE_WEIRD_SERVER_REPLY:
      return {"the server does not speak HTTP", "check the address and its port"};
    case CURLE_OUT_OF_MEMORY:  // libcurl also returns this for a header line over its own limit
      return {"a line of its headers is too long, or out of memory", kMemoryHint};
    default:
      return {detail, {}};
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

Error describe_fault(CURLcode code, const std::string& detail, const Url& url, const HttpSettings& settings) {
  if (code == CURLE_COULDNT_CONNECT && is_without_descriptors())
    return Error(ErrorKind::network, "cannot fetch '" + url.text() + "': too many open files",
                 "raise the limit of open files (`ulimit -n`)");
  const Fault fault = fault_of(code, detail.empty() ? curl_easy_strerror(code) : detail, url, settings);
  return Error(ErrorKind::network, "cannot fetch '" + without_credentials(url.text()) + "': " + fault.reason,
               fault.hint);
}

}  // namespace envstore

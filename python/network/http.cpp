#include "python/network/http.h"

#include <cerrno>
#include <cstring>
#include <new>

#include "python/network/url.h"
#include "store/platform/error.h"
#include "store/platform/limits.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

using http::Cause;

constexpr const char* kModule = "envstore-network.so";
constexpr std::size_t kLongestAddress = 500;  // in messages
constexpr const char* kCheckNetwork =
    "check the network and the proxy settings; --offline uses what is cached";
constexpr const char* kWaitLonger =
    "check the network and the proxy settings; ENVSTORE_HTTP_TIMEOUT=SECONDS waits longer; --offline uses "
    "what is cached";
constexpr const char* kCheckCertificates =
    "if your network replaces certificates, name your organisation's bundle in SSL_CERT_FILE";

/// What the user can do next.
const char* hint_for(Cause cause) {
  switch (cause) {
    case Cause::no_thread:
      return kNoThreadHint;
    case Cause::no_descriptor:
      return "raise the limit of open files (`ulimit -n`)";
    case Cause::too_slow:
      return "ENVSTORE_HTTP_TIMEOUT=SECONDS waits longer (30 is what it does of itself); --offline uses what "
             "is cached";
    case Cause::long_header:
      return kMemoryHint;
    case Cause::redirect:
      return "the fault is the server's";
    case Cause::insecure_redirect:
      return "the way back would not be encrypted";
    case Cause::unresolved_host:
    case Cause::not_connected:
      return kCheckNetwork;
    case Cause::unresolved_proxy:
      return "check http_proxy, https_proxy, all_proxy and no_proxy";
    case Cause::timed_out:
      return kWaitLonger;
    case Cause::cut_short:
      return "try again";
    case Cause::not_http:
      return "check the address and its port";
    case Cause::untrusted_certificate:
    case Cause::tls:
      return kCheckCertificates;
    case Cause::unreadable_certificates:
      return "correct SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE or PIP_CERT; for a client "
             "certificate "
             "SSL_CLIENT_CERT or PIP_CLIENT_CERT";
    default:
      return "";
  }
}

/// Why the dynamic loader refused the module.
Error unloadable(const std::string& reason) {
  const char* hint = "the installation is incomplete: install envstore again, or run offline";
  if (reason.find("failed to map") != std::string::npos ||
      reason.find("allocate memory") != std::string::npos)
    hint = kMemoryHint;
  if (reason.find(strerrordesc_np(EMFILE)) != std::string::npos) hint = hint_for(Cause::no_descriptor);
  return Error(ErrorKind::unsupported, std::string("cannot load '") + kModule + "': " + reason, hint);
}

[[noreturn]] void throw_failure(const http::Failure& failure) {
  if (failure.cause == Cause::out_of_memory) throw std::bad_alloc();
  if (failure.cause == Cause::no_engine && failure.url.empty()) throw unloadable(failure.reason);
  if (failure.cause == Cause::no_thread)
    throw Error(ErrorKind::io, "cannot use the network: no thread can be started: " + failure.reason,
                hint_for(failure.cause));
  if (failure.cause == Cause::file && failure.error_number != 0)
    throw_errno(failure.error_number, "write", "a downloaded file");
  throw Error(ErrorKind::network,
              "cannot fetch '" + terminal_line(without_credentials(failure.url), kLongestAddress) +
                  "': " + without_secrets(failure.reason),
              hint_for(failure.cause));
}

std::exception_ptr to_exception(const http::Failure& failure) noexcept {
  try {
    throw_failure(failure);
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace

std::unique_ptr<HttpClient> make_http_client(const HttpSettings& settings) {
  return http::load_client(kModule, settings, to_exception);
}

}  // namespace envstore

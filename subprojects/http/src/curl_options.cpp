#include "curl_options.h"

#include <cstdlib>

namespace http {
namespace {

void set_certificates(CURL* easy, const Settings& settings) {
  if (settings.ca_bundle.empty() && settings.ca_directory.empty()) return;  // libcurl's built-in paths
  // Set both, even to null: otherwise libcurl also loads the whole bundle that it was built with.
  set_option(easy, CURLOPT_CAINFO, settings.ca_bundle.empty() ? nullptr : settings.ca_bundle.c_str());
  set_option(easy, CURLOPT_CAPATH, settings.ca_directory.empty() ? nullptr : settings.ca_directory.c_str());
}

/// libcurl reads the proxy variables itself, but HTTP_PROXY only in lower case, because CGI servers set
/// HTTP_PROXY from a request header. Accept it outside CGI (no REQUEST_METHOD).
void set_proxy(CURL* easy, bool is_plain_http) {
  if (!is_plain_http || std::getenv("http_proxy") != nullptr || std::getenv("REQUEST_METHOD") != nullptr)
    return;
  const char* proxy = std::getenv("HTTP_PROXY");
  if (proxy != nullptr && *proxy != '\0') set_option(easy, CURLOPT_PROXY, proxy);
}

}  // namespace

void set_common_options(CURL* easy, const Settings& settings, bool is_plain_http) {
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  // Waiting for a connection that multiplexes helps only with HTTP/2; plain HTTP/1.1 requests would queue.
  set_option(easy, CURLOPT_PIPEWAIT, is_plain_http ? 0L : 1L);
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_option(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
  set_option(easy, CURLOPT_CONNECTTIMEOUT, long{settings.connect_timeout_seconds});
  set_option(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set_option(easy, CURLOPT_LOW_SPEED_TIME, long{settings.stall_timeout_seconds});
  // Best effort: a handle that still has the buffer of an earlier transfer refuses a new size.
  (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
  set_certificates(easy, settings);
  set_proxy(easy, is_plain_http);
  if (settings.netrc.empty()) return;
  set_option(easy, CURLOPT_NETRC, long{CURL_NETRC_OPTIONAL});
  set_option(easy, CURLOPT_NETRC_FILE, settings.netrc.c_str());
}

}  // namespace http

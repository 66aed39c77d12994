#include "curl_options.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

#include "text.h"

namespace http {
namespace {

void set_certificates(CURL* easy, const Settings& settings) {
  if (settings.ca_bundle.empty() && settings.ca_directory.empty()) return;  // libcurl's built-in paths
  // Set both, even to null: otherwise libcurl also loads the whole bundle that it was built with.
  set_option(easy, CURLOPT_CAINFO, settings.ca_bundle.empty() ? nullptr : settings.ca_bundle.c_str());
  set_option(easy, CURLOPT_CAPATH, settings.ca_directory.empty() ? nullptr : settings.ca_directory.c_str());
}

bool has_variable(std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  });
}

/// HTTP_PROXY outside CGI (no REQUEST_METHOD): CGI servers set it from a header of the request.
const char* upper_case_http_proxy() {
  return std::getenv("REQUEST_METHOD") == nullptr ? std::getenv("HTTP_PROXY") : nullptr;
}

/// libcurl reads the proxy variables itself, but of HTTP_PROXY only the lower-case form.
void set_proxy(CURL* easy, const Settings& settings, bool is_plain_http) {
  if (!settings.no_proxy.empty() && !has_variable({"no_proxy", "NO_PROXY"}))
    set_option(easy, CURLOPT_NOPROXY, settings.no_proxy.c_str());
  if (is_plain_http && !has_variable({"http_proxy"}))
    if (const char* proxy = upper_case_http_proxy(); proxy != nullptr && *proxy != '\0')
      return set_option(easy, CURLOPT_PROXY, proxy);
  const std::string& proxy = is_plain_http ? settings.http_proxy : settings.https_proxy;
  const bool is_named =
      has_variable({"all_proxy", "ALL_PROXY"}) ||
      (is_plain_http ? has_variable({"http_proxy"}) : has_variable({"https_proxy", "HTTPS_PROXY"}));
  if (!proxy.empty() && !is_named) set_option(easy, CURLOPT_PROXY, proxy.c_str());
}

/// HOST or HOST:PORT, also with a scheme before it and a path after it.
bool names_origin(std::string_view written, const Url& url) {
  if (const std::size_t scheme = written.find("://"); scheme != std::string_view::npos)
    written.remove_prefix(scheme + 3);
  const std::string host = to_lower(written.substr(0, written.find('/')));
  return host == url.host || "https://" + host == url.origin();
}

void set_trust(CURL* easy, const Settings& settings, const Url& url) {
  const auto& hosts = settings.insecure_hosts;
  if (std::any_of(hosts.begin(), hosts.end(),
                  [&](const std::string& host) { return names_origin(host, url); })) {
    set_option(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set_option(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (settings.client_certificate.empty()) return;
  set_option(easy, CURLOPT_SSLCERT, settings.client_certificate.c_str());
  set_option(easy, CURLOPT_SSLKEY, settings.client_certificate.c_str());
}

}  // namespace

void set_common_options(CURL* easy, const Settings& settings, const Url& url) {
  const bool is_plain_http = url.scheme == "http";
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
  set_trust(easy, settings, url);
  set_proxy(easy, settings, is_plain_http);
  if (settings.netrc.empty()) return;
  set_option(easy, CURLOPT_NETRC, long{CURL_NETRC_OPTIONAL});
  set_option(easy, CURLOPT_NETRC_FILE, settings.netrc.c_str());
}

}  // namespace http

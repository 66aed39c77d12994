#pragma once
#include <curl/curl.h>

#include "python/network/http.h"
#include "store/platform/error.h"

namespace envstore {

/// curl_easy_setopt that throws Error{unsupported} on failure.
template <class Value>
void set_option(CURL* easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code != CURLE_OK)
    throw Error(ErrorKind::unsupported, "cannot set up a connection with this libcurl: option " +
                                            std::to_string(int{option}) + ": " + curl_easy_strerror(code));
}

/// Sets the options common to all transfers: protocols, HTTP/2, time limits, certificates, netrc, proxies.
void set_common_options(CURL* easy, const HttpSettings& settings, bool is_plain_http);

}  // namespace envstore

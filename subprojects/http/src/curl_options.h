#pragma once
#include <curl/curl.h>

#include <new>
#include <string>

#include "failure.h"
#include "http/message.h"
#include "http/url.h"

namespace http {

/// curl_easy_setopt that throws Fault.
template <class Value>
void set_option(CURL* easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK)
    throw Fault({.cause = Cause::no_engine,
                 .reason = "libcurl refuses option " + std::to_string(int{option}) + ": " +
                           curl_easy_strerror(code)});
}

/// Sets the options common to all transfers: protocols, HTTP/2, time limits, certificates, netrc, proxies.
void set_common_options(CURL* easy, const Settings& settings, const Url& url);

}  // namespace http

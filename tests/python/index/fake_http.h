#pragma once
#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "python/network/http.h"
#include "store/platform/digest.h"
#include "store/platform/files.h"

namespace envstore::testing {

/// An HTTP client that answers at once, from memory: 404 unless `pages` has the URL.
class FakeHttp : public HttpClient {
 public:
  struct Page {
    std::string body;
    std::map<std::string, std::string> headers = {};
    int status = 200;
  };
  std::map<std::string, Page> pages;
  std::vector<HttpRequest> requests;
  bool has_ranges = true;

  std::future<HttpResponse> start(HttpRequest request) override {
    requests.push_back(request);
    std::promise<HttpResponse> promise;
    promise.set_value(answer(request));
    return promise.get_future();
  }
  std::size_t count(const std::string& url) const {
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(),
                                                  [&](const auto& request) { return request.url == url; }));
  }

 private:
  HttpResponse answer(const HttpRequest& request) const {
    HttpResponse response;
    response.effective_url = request.url;
    const auto page = pages.find(request.url);
    response.status = page == pages.end() ? 404 : page->second.status;
    if (page == pages.end()) return response;
    response.headers = page->second.headers;
    response.body = page->second.body;
    if (response.status != 200) return response;
    if (request.range && has_ranges) take_range(request.range.value(), response);
    // The callers read the body twice, to show that a retry starts again.
    if (request.on_body) {
      request.on_body(0, as_bytes(response.body.substr(0, response.body.size() / 2)));
      request.on_body(0, as_bytes(response.body));
    }
    if (request.body_fd >= 0) write_all(request.body_fd, as_bytes(std::exchange(response.body, "")), "body");
    if (!request.body_memory.empty())
      std::memcpy(request.body_memory.data(), response.body.data(),
                  std::min(request.body_memory.size(), response.body.size()));
    return response;
  }

  static void take_range(const ByteRange& range, HttpResponse& response) {
    const std::size_t total = response.body.size();
    const std::size_t first = range.first ? *range.first : total - std::min(total, range.last_or_count);
    const std::size_t last = range.first ? std::min<std::size_t>(range.last_or_count, total - 1) : total - 1;
    response.status = 206;
    response.headers["content-range"] =
        "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(total);
    response.body = response.body.substr(first, last - first + 1);
  }
};

}  // namespace envstore::testing

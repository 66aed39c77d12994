#include "python/index/page_cache.h"

#include <doctest/doctest.h>

using namespace envstore;

namespace {
std::int64_t seconds_for(const std::map<std::string, std::string>& headers) {
  return freshness_of(headers).lifetime_ns / 1'000'000'000;
}
}  // namespace

TEST_CASE("an answer is fresh for as long as its server says, else ten minutes") {
  CHECK(seconds_for({}) == 600);
  CHECK(seconds_for({{"cache-control", "max-age=60"}}) == 60);
  CHECK(seconds_for({{"cache-control", "Public, Max-Age=60"}}) == 60);
  CHECK(seconds_for({{"cache-control", "max-age=60"}, {"age", "50"}}) == 10);
  CHECK(seconds_for({{"cache-control", "max-age=60"}, {"age", "70"}}) == 0);
  CHECK(seconds_for({{"cache-control", "max-age=60, no-cache"}}) == 0);
  CHECK(seconds_for({{"cache-control", "max-age=x"}}) == 600);
  CHECK(seconds_for({{"cache-control", "max-age=99999999999999999999999"}}) == 7 * 24 * 3600);
}

TEST_CASE("no-store is obeyed") {
  CHECK(!freshness_of({{"cache-control", "no-store"}}).may_store);
  CHECK(freshness_of({{"cache-control", "private"}}).may_store);
}

TEST_CASE("a conditional request uses the validator of the cached document") {
  CHECK(CachedDocument{{}, "\"x\"", false}.conditional_header()->first == "If-None-Match");
  CHECK(CachedDocument{{}, "Last-Modified: Sat", false}.conditional_header() ==
        std::pair<std::string, std::string>{"If-Modified-Since", "Sat"});
  CHECK(!CachedDocument{}.conditional_header());
}

#include "python/provision/fetch_queue.h"

#include <doctest/doctest.h>

using namespace envstore;
using Need = FetchQueue::Need;

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::string next_of(FetchQueue& queue) {
  const auto item = queue.take([](const FetchQueue::Item&) { return true; });
  return item ? item->url : "none";
}

}  // namespace

TEST_CASE("what is required goes before what is prefetched, then the larger, then the first") {
  FetchQueue queue;
  queue.add({"prefetched", 9, Need::prefetched});
  queue.add({"small", 1, Need::required});
  queue.add({"large", 5, Need::required});
  queue.add({"as large", 5, Need::required});
  for (const char* expected : {"large", "as large", "small", "prefetched", "none"})
    CHECK(next_of(queue) == expected);
}

TEST_CASE("what was prefetched goes first when it is required after all") {
  FetchQueue queue;
  queue.add({"prefetched", 9, Need::prefetched});
  queue.add({"required", 1, Need::required});
  queue.require("prefetched");
  CHECK(next_of(queue) == "prefetched");
}

TEST_CASE("dropping takes what is only prefetched out of the queue") {
  FetchQueue queue;
  queue.add({"prefetched", 9, Need::prefetched});
  queue.add({"required", 1, Need::required});
  queue.drop_prefetched();
  CHECK(next_of(queue) == "required");
  CHECK(next_of(queue) == "none");
}

TEST_CASE("what may not go lets the others pass") {
  FetchQueue queue;
  queue.add({"large", 5, Need::required});
  queue.add({"small", 1, Need::required});
  const auto item = queue.take([](const FetchQueue::Item& each) { return each.size < 5; });
  REQUIRE(item);
  CHECK(item->url == "small");
  CHECK(next_of(queue) == "large");
}

TEST_CASE("large downloads are few at once, small ones many") {
  DownloadLimit limit;
  limit.begin(100 * kMiB);
  CHECK(limit.admits(100 * kMiB));  // a server may be slow on each connection
  limit.begin(100 * kMiB);
  CHECK(!limit.admits(100 * kMiB));
  CHECK(limit.admits(kMiB / 2));
  limit.end(100 * kMiB);
  CHECK(limit.admits(100 * kMiB));
}

TEST_CASE("of middling downloads so many go at once that the line stays full") {
  DownloadLimit limit;
  for (int i = 0; i < 8; ++i) {
    CHECK(limit.admits(2 * kMiB));
    limit.begin(2 * kMiB);
  }
  CHECK(!limit.admits(2 * kMiB));
}

TEST_CASE("small downloads are bounded too") {
  DownloadLimit limit;
  for (int i = 0; i < 50; ++i) limit.begin(1);
  CHECK(!limit.admits(1));
}

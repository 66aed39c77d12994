#include "retry.h"

#include <doctest/doctest.h>

using namespace http;
using std::chrono::milliseconds;

TEST_CASE("waiting grows, is never more than half again as long, and the server's word counts") {
  std::minstd_rand random(1);
  for (int i = 0; i < 100; ++i) {
    const auto first = *retry_delay(1, {}, random), third = *retry_delay(3, {}, random);
    CHECK((first >= milliseconds{200} && first <= milliseconds{300}));
    CHECK((third >= milliseconds{800} && third <= milliseconds{1200}));
  }
  CHECK(*retry_delay(1, std::chrono::seconds{0}, random) == milliseconds{0});
  CHECK(*retry_delay(1, std::chrono::seconds{5}, random) == milliseconds{5000});
  CHECK(!retry_delay(1, std::chrono::seconds{3600}, random));
}

TEST_CASE("only a transient status is tried again") {
  for (const int status : {408, 429, 500, 502, 503, 504}) CHECK(is_transient_status(status));
  for (const int status : {200, 301, 400, 401, 403, 404, 410, 501, 505}) CHECK(!is_transient_status(status));
}

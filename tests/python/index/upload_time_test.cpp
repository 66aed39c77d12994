#include "python/index/upload_time.h"

#include <doctest/doctest.h>

using namespace envstore;

TEST_CASE("upload times are ISO 8601 with a zone") {
  CHECK(parse_upload_time("1970-01-02T00:00:00Z") == 86'400'000'000'000);
  CHECK(parse_upload_time("1970-01-01T01:00:00.000001+01:00") == 1000);
  for (const char* text :
       {"", "1970-01-01", "1970-13-01T00:00:00Z", "1970-02-30T00:00:00Z", "1970-01-01T00:00:00",
        "1970-01-01T24:00:00Z", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00.Z"})
    CHECK_MESSAGE(!parse_upload_time(text), text);
}

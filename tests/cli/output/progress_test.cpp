#include "cli/output/progress.h"

#include <doctest/doctest.h>

using namespace envstore;

TEST_CASE("bytes are told in the unit that fits") {
  CHECK(describe_bytes(0) == "0 B");
  CHECK(describe_bytes(999) == "999 B");
  CHECK(describe_bytes(1000) == "1.0 kB");
  CHECK(describe_bytes(1234567) == "1.2 MB");
  CHECK(describe_bytes(5'000'000'000) == "5.0 GB");
  CHECK(describe_bytes(~std::uint64_t{0}).ends_with(" TB"));
}

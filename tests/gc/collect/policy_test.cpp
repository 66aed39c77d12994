#include "gc/collect/policy.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;
using namespace std::chrono_literals;

TEST_CASE("sizes are read as people write them") {
  struct Row {
    const char* text;
    std::uint64_t bytes;
  };
  for (const Row& row :
       {Row{"0", 0}, Row{"1500", 1500}, Row{"1500B", 1500}, Row{"10GB", 10'000'000'000},
        Row{"10GiB", 10ULL << 30}, Row{"500M", 500ULL << 20}, Row{"500m", 500ULL << 20},
        Row{" 1.5 GiB ", 3ULL << 29}, Row{"2k", 2048}, Row{"2kB", 2000}, Row{"1T", 1ULL << 40},
        Row{"18446744073709551615", ~0ULL}, Row{"9007199254740993", 9007199254740993}}) {
    CAPTURE(row.text);
    CHECK(parse_size_limit(row.text) == SizeLimit{row.bytes, 0});
    CHECK(parse_size_limit(row.text).of(77) == row.bytes);
  }
}

TEST_CASE("a percentage is of the filesystem") {
  CHECK(parse_size_limit("5%").of(2000) == 100);
  CHECK(parse_size_limit("12.5 %").of(800) == 100);
  CHECK(parse_size_limit("100%").of(800) == 800);
}

TEST_CASE("what is no size is refused with what is understood") {
  for (const char* text : {"", " ", "G", "ten", "-1", "1.2.3G", "10X", "10GBB", "101%", "5%%", "1e3", "inf",
                           "nan", "20EB", "99999999999P", "18446744073709551616", "."}) {
    CAPTURE(text);
    try {
      parse_size_limit(text);
      FAIL("read");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      CHECK(error.hint().find("GiB") != std::string::npos);
    }
  }
}

TEST_CASE("times are a number and a unit") {
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("15m") == 15min);
  CHECK(parse_duration("12h") == 12h);
  CHECK(parse_duration("30d") == 30 * 24h);
  CHECK(parse_duration("2w") == 14 * 24h);
  CHECK(parse_duration("1.5d") == 36h);
  CHECK(parse_duration("0") == 0s);
  for (const char* text : {"", "5", "d", "-1d", "5 fortnights", "1e3s", "999999999999999d"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_duration(text), Error);
  }
}

TEST_CASE("sizes and times are printed for people") {
  CHECK(print_bytes(0) == "0 B");
  CHECK(print_bytes(999) == "999 B");
  CHECK(print_bytes(1'400'000'000) == "1.4 GB");
  CHECK(print_bytes(999'600) == "1.0 MB");
  CHECK(print_bytes(25'000'000) == "25 MB");
  CHECK(print_bytes(~0ULL) == "18 EB");
  CHECK(print_duration(0s) == "0 seconds");
  CHECK(print_duration(1s) == "1 second");
  CHECK(print_duration(90s) == "90 seconds");
  CHECK(print_duration(60s) == "1 minute");
  CHECK(print_duration(26h) == "26 hours");
  CHECK(print_duration(24h) == "1 day");
  CHECK(print_duration(80h) == "3 days");
}

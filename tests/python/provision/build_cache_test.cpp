#include "python/provision/build_cache.h"

#include <doctest/doctest.h>

#include "store/platform/clock.h"
#include "store/platform/error.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

BuiltWheelRecord a_record() {
  BuiltWheelRecord record;
  record.wheel.bytes.fill(7);
  record.filename = "demo-1.0-py3-none-any.whl";
  record.pins = {"setuptools==70", "wheel==0.45"};
  return record;
}

class MovableClock final : public Clock {
 public:
  Timestamp now() const override { return time; }
  Timestamp time{std::chrono::hours(24 * 20000)};
};

}  // namespace

TEST_CASE("the record of a built wheel is read as it was written, and at no other length") {
  const std::string bytes = encode(a_record());
  CHECK(decode_built_wheel(bytes) == a_record());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_THROWS_AS(decode_built_wheel(bytes.substr(0, size)), Error);
  CHECK_THROWS_AS(decode_built_wheel(bytes + "x"), Error);
}

TEST_CASE("the key of a build consists of its source, the interpreter and the settings of the package") {
  Interpreter interpreter;
  interpreter.version = "3.11.2";
  const auto key = [&](const char* source, const BuildSettings& settings) {
    return build_key(source, "demo", interpreter, settings).build;
  };
  BuildSettings config, of_another, variables, policy;
  config.config = {{"a", {"b"}}};
  of_another.package_config["other"] = {{"a", {"b"}}};
  of_another.extra_variables["other"] = {"A=b"};
  variables.extra_variables["demo"] = {"A=b"};
  policy.no_binary = true;
  const Fingerprint usual = key("aa", {});
  CHECK(key("aa", of_another) == usual);
  CHECK(key("aa", policy) == usual);
  CHECK(key("bb", {}) != usual);
  CHECK(key("aa", config) != usual);
  CHECK(key("aa", variables) != usual);
  interpreter.version = "3.12.0";
  CHECK(key("aa", {}) != usual);
}

TEST_CASE("metadata is kept for a build, static metadata for every build of a source") {
  const TemporaryDirectory directory;
  SystemClock clock;
  Store store = Store::open(directory.path(), clock);
  BuildCache cache(store);
  Interpreter interpreter;
  BuildSettings config;
  config.config = {{"a", {"b"}}};
  const BuildKey usual = build_key("aa", "demo", interpreter, {}),
                 other = build_key("aa", "demo", interpreter, config);
  CHECK_FALSE(cache.metadata(usual));
  cache.keep_metadata(usual, "built");
  CHECK(cache.metadata(usual) == "built");
  CHECK_FALSE(cache.metadata(other));
  cache.keep_static_metadata(other, "static");
  CHECK(cache.metadata(other) == "static");
  cache.keep_wheel(usual, a_record());
  CHECK_FALSE(cache.tree(usual));  // the store does not have the wheel
}

TEST_CASE("a row that is used stays young, so that no collection removes it by age") {
  const TemporaryDirectory directory;
  MovableClock clock;
  Store store = Store::open(directory.path(), clock);
  BuildCache cache(store);
  const BuildKey key = build_key("aa", "demo", {}, {});
  cache.keep_metadata(key, "built");
  const auto age = [&] {
    std::int64_t fetched = 0;
    store.index().read().each_document([&](const std::string&, const DocumentRow& row) {
      fetched = row.fetched_at_ns;
      return true;
    });
    return clock.now().time_since_epoch().count() - fetched;
  };
  clock.time += std::chrono::hours(24 * 10);
  (void)cache.metadata(key);
  CHECK(age() > 0);
  clock.time += std::chrono::hours(24 * 50);
  (void)cache.metadata(key);
  CHECK(age() == 0);
}

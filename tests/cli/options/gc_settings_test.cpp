#include "cli/options/gc_settings.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "cli/options/options.h"
#include "store/platform/error.h"
#include "tests/clean_settings.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

constexpr OptionTable kFlags{{}, {FlagsOf::gc}};

Arguments flags(const std::vector<std::string>& words) {
  return parse_arguments(kFlags, Positionals::none, words);
}

/// A user's envstore.yaml.
class UserFile {
 public:
  explicit UserFile(const std::string& text) {
    std::filesystem::create_directory(directory_.path() + "/envstore");
    directory_.write("envstore/envstore.yaml", text);
    ::setenv("XDG_CONFIG_HOME", directory_.path().c_str(), 1);
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("rules of gc: flags before variables before files before what is built in") {
  const CleanSettings clean;
  const UserFile file("gc: {max-size: 3GB, min-free: 3%, keep-last: 3}\npython: '3.9'\n");
  ::setenv("ENVSTORE_GC_MAX_SIZE", "2GB", 1);
  ::setenv("ENVSTORE_GC_MIN_FREE", "2%", 1);
  const SettingsLayer rules = gc_settings(flags({"--max-size", "1GB"}));
  CHECK(rules.find("gc.max-size")->value == "1GB");
  CHECK(rules.find("gc.min-free")->value == "2%");
  CHECK(rules.find("gc.keep-last")->value == "3");
  CHECK(rules.find("gc.max-age")->source == "built in");
  CHECK(rules.find("python") == nullptr);
}

TEST_CASE("one word in a file turns the built-in rules off, but not the time of grace") {
  const CleanSettings clean;
  const UserFile file("gc: none\n");
  const Policy policy = gc_policy(gc_settings());
  CHECK_FALSE(policy.max_size);
  CHECK_FALSE(policy.min_free);
  CHECK_FALSE(policy.max_age);
  CHECK(policy.grace == std::chrono::hours(1));
}

TEST_CASE("a rule that cannot be understood names its source") {
  const CleanSettings clean;
  for (const char* name : {"ENVSTORE_GC_MAX_SIZE", "ENVSTORE_GC_KEEP_LAST", "ENVSTORE_GC_GRACE"}) {
    CAPTURE(name);
    ::setenv(name, "soon", 1);
    try {
      gc_policy(gc_settings());
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find(name) != std::string::npos);
    }
    ::unsetenv(name);
  }
}

TEST_CASE("a malformed variable of another setting does not concern gc") {
  const CleanSettings clean;
  ::setenv("UV_NO_INDEX", "odd", 1);
  CHECK_NOTHROW(gc_policy(gc_settings()));
}

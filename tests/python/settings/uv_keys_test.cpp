#include "python/settings/uv_keys.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "python/settings/script_metadata.h"
#include "python/settings/uv_options.h"
#include "store/platform/error.h"

using namespace envstore;

namespace {

/// The outcome of `read`. std::logic_error, which no text may cause, is not caught.
template <class Read>
std::string outcome(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    return error.kind() == ErrorKind::unsupported ? "unsupported" : "unreadable";
  }
  return "read";
}

std::string in_script(const std::string& toml) {
  return outcome([&] { read_script_metadata(toml, 1, "demo.py", "/folder"); });
}

}  // namespace

TEST_CASE("each key is listed once, and a refused one has a hint") {
  for (const auto keys : {other_uv_keys(), uv_index_keys()}) {
    std::set<std::string_view> names;
    if (keys.data() != uv_index_keys().data())
      for (const SettingSpec& setting : setting_table())
        for (const std::string_view key : setting.all_uv_keys()) CHECK(names.insert(key).second);
    for (const UvKey& key : keys) {
      CAPTURE(key.name);
      CHECK(names.insert(key.name).second);
      const bool is_refused = key.in_script == KeyUse::refused || key.in_file == KeyUse::refused;
      CHECK(is_refused == !key.remedy.empty());
    }
  }
}

TEST_CASE("the table decides what becomes of a key, in a script and in a file") {
  const auto expected = [](KeyUse use) {
    return use == KeyUse::supported ? "unreadable" : use == KeyUse::harmless ? "read" : "unsupported";
  };
  std::vector<UvKey> keys(other_uv_keys().begin(), other_uv_keys().end());
  for (const SettingSpec& setting : setting_table())
    for (const std::string_view key : setting.all_uv_keys())
      keys.push_back(*find_uv_key(setting_table(), key));
  for (const UvKey& key : keys) {
    CAPTURE(key.name);
    const std::string line = std::string(key.name) + " = 12.5\n";  // no key has a value of this type
    CHECK(in_script("[tool.uv]\n" + line) == expected(key.in_script));
    CHECK(outcome([&] { read_uv_file(line, "/p/uv.toml"); }) == expected(key.in_file));
    CHECK(outcome([&] { read_uv_file("[tool.uv]\n" + line, "/p/pyproject.toml"); }) == expected(key.in_file));
  }
}

TEST_CASE("the same for the keys of an index") {
  for (const UvKey& key : uv_index_keys()) {
    CAPTURE(key.name);
    if (key.name == "url") continue;
    const std::string text =
        "[[tool.uv.index]]\nurl = 'https://a.invalid'\n" + std::string(key.name) + " = 12.5\n";
    CHECK(in_script(text) == (key.in_script == KeyUse::supported  ? "unreadable"
                              : key.in_script == KeyUse::harmless ? "read"
                                                                  : "unsupported"));
  }
}

TEST_CASE("a pyproject.toml without uv's table has no settings, and an error has path, line and column") {
  CHECK_FALSE(read_uv_file("[project]\nname = 'x'\n", "/p/pyproject.toml"));
  CHECK_FALSE(read_uv_file("tool = 1\n", "/p/pyproject.toml"));
  try {
    read_uv_file("\nno-index = 1\n", "/p/uv.toml");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("'/p/uv.toml': line 2, column 12") != std::string::npos);
  }
}

TEST_CASE("relative paths in a file start at its directory") {
  const auto settings = read_uv_file("find-links = ['wheels']\n", "/p/uv.toml");
  REQUIRE(settings);
  REQUIRE(settings->layer.of("find-links").size() == 1);
  CHECK(settings->layer.of("find-links")[0].value == "/p/wheels");
}

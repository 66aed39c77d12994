#include "python/settings/settings_layer.h"

#include <doctest/doctest.h>

#include "python/settings/setting_parsers.h"
#include "store/platform/error.h"

using namespace envstore;

namespace {

const SettingSpec& setting(std::string_view name) {
  return *find_setting(setting_table(), name);
}

SettingsLayer layer_of(std::initializer_list<std::pair<const char*, SettingValue>> values) {
  SettingsLayer layer;
  for (const auto& [name, value] : values) layer.add(setting(name), value);
  return layer;
}

std::vector<std::string> values_of(const SettingsLayer& layer, std::string_view name) {
  std::vector<std::string> values;
  for (const SettingValue& value : layer.of(name)) values.push_back(value.value);
  return values;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("an index is an address, a named address, or a path from where it stands") {
  const auto index = [](std::string_view written, const std::string& directory) {
    return read_setting(SettingKind::indexes, written, "here", directory);
  };
  CHECK(index("https://h.example/s?a=b", "/d").value == "https://h.example/s?a=b");
  CHECK(index("inner=https://h.example/s", "/d").name == "inner");
  CHECK(index("inner=https://h.example/s", "/d").value == "https://h.example/s");
  CHECK(index("../wheels", "/d/e").value == "/d/wheels");
  CHECK(index("/a/./b", "/d").value == "/a/b");
  CHECK(index("/a", "/d").source == "here");
}

TEST_CASE("a link is never named, and a file is never an address") {
  CHECK(read_setting(SettingKind::find_links, "a=b", "here", "/d").value == "/d/a=b");
  CHECK(read_setting(SettingKind::find_links, "a", "here", "/d").is_flat);
  CHECK(read_setting(SettingKind::paths, "https://h.example", "here", "/d").value == "https://h.example");
  CHECK(read_setting(SettingKind::path, "", "here", "/d").value.empty());
}

TEST_CASE("a switch has several spellings of yes and no, and no other value") {
  for (const char* word : {"1", "yes", "ON", "True", "y", "t"})
    CHECK(read_setting(SettingKind::yes_no, word, "here").value == "true");
  for (const char* word : {"0", "no", "OFF", "False", "n", "f", ""})
    CHECK(read_setting(SettingKind::yes_no, word, "here").value == "false");
  CHECK_THROWS_WITH_AS(read_setting(SettingKind::yes_no, "perhaps", "UV_OFFLINE"),
                       "cannot use 'perhaps' as yes or no (UV_OFFLINE): it must be true or false", Error);
}

TEST_CASE("a cut-off of one package is written name=DATE") {
  const SettingValue value = read_setting(SettingKind::package_cutoffs, "My_Package = 2025-01-31", "here");
  CHECK(value.name == "my-package");
  for (const char* text : {"name", "=2025-01-31", ""}) {
    CAPTURE(text);
    CHECK_THROWS_AS(read_setting(SettingKind::package_cutoffs, text, "here"), Error);
  }
}

TEST_CASE("a list grows, another value is replaced, a cut-off counts for its package") {
  const SettingsLayer layer = layer_of({{"index", {"/a", "1"}},
                                        {"index", {"/b", "2"}},
                                        {"python", {"3.9", "1"}},
                                        {"python", {"3.10", "2"}},
                                        {"exclude-newer-package", {"7 days", "1", "b"}},
                                        {"exclude-newer-package", {"8 days", "1", "a"}},
                                        {"exclude-newer-package", {"9 days", "2", "b"}}});
  CHECK(values_of(layer, "index") == Words{"/a", "/b"});
  CHECK(values_of(layer, "python") == Words{"3.10"});
  CHECK(values_of(layer, "exclude-newer-package") == Words{"8 days", "9 days"});
}

TEST_CASE("an upper layer counts more; lists are joined or not") {
  const SettingsLayer upper = layer_of(
      {{"index", {"/a", "1"}}, {"python", {"3.9", "1"}}, {"exclude-newer-package", {"7 days", "1", "b"}}});
  const SettingsLayer lower = layer_of({{"index", {"/b", "2"}},
                                        {"python", {"3.10", "2"}},
                                        {"layout", {"forest", "2"}},
                                        {"exclude-newer-package", {"8 days", "2", "a"}},
                                        {"exclude-newer-package", {"9 days", "2", "b"}}});
  SettingsLayer joined = upper, first = upper;
  joined.fill_from(lower, Lists::joined);
  first.fill_from(lower, Lists::first_wins);
  CHECK(values_of(joined, "index") == Words{"/a", "/b"});
  CHECK(values_of(first, "index") == Words{"/a"});
  for (const SettingsLayer* layer : {&joined, &first}) {
    CHECK(values_of(*layer, "python") == Words{"3.9"});
    CHECK(values_of(*layer, "layout") == Words{"forest"});
    CHECK(values_of(*layer, "exclude-newer-package") == Words{"8 days", "7 days"});
  }
}

TEST_CASE("asking for a setting that does not exist is a fault of the program") {
  CHECK_THROWS_AS((void)SettingsLayer().find("no-such-setting"), std::logic_error);
  CHECK(SettingsLayer().find("python") == nullptr);
}

TEST_CASE("every built-in value is one that its setting accepts") {
  const SettingsLayer layer = built_in_settings();
  const ResolutionSettings settings = resolution_settings(layer);
  CHECK(settings.indexes.indexes.size() == 1);
  CHECK_FALSE(settings.exclude_newer);
  CHECK(layout_setting(layer) == Layout::farm);
  CHECK(bytecode_setting(layer) == BytecodeMode::background);
}

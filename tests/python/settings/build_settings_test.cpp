#include "python/settings/build_settings.h"

#include <doctest/doctest.h>

#include "pypackaging/requirement.h"

using namespace envstore;

namespace {

BuildSettings packages(std::string_view never_built, std::string_view always_built) {
  BuildSettings settings;
  add_packages(never_built, settings.no_build, settings.no_build_packages);
  add_packages(always_built, settings.no_binary, settings.no_binary_packages);
  return settings;
}

}  // namespace

TEST_CASE("a package that is named has priority over a rule for all") {
  CHECK(packages("", "").allowed("a") == AllowedFiles::any);
  CHECK(packages(":all:", "").allowed("a") == AllowedFiles::wheels);
  CHECK(packages("", ":all:").allowed("a") == AllowedFiles::sdists);
  CHECK(packages(":all:", ":all:").allowed("a") == AllowedFiles::none);
  CHECK(packages(":all:", "a").allowed("a") == AllowedFiles::sdists);
  CHECK(packages("a", ":all:").allowed("a") == AllowedFiles::wheels);
  CHECK(packages("a", "a").allowed("a") == AllowedFiles::none);
  CHECK(packages("b", "c").allowed("a") == AllowedFiles::any);
  CHECK(packages("a", ":all:").allowed_for_others() == AllowedFiles::sdists);
}

TEST_CASE("names are separated by commas and normalised, and :none: names none") {
  bool all = false;
  std::set<std::string> names;
  add_packages(" My_Package,b ,,:none:", all, names);
  CHECK(names == std::set<std::string>{"my-package", "b"});
  CHECK_FALSE(all);
  add_packages(":all:", all, names);
  CHECK(all);
}

TEST_CASE("a setting of backends has a key, and collects its values") {
  BackendSettings settings;
  for (const char* text : {"", "a", "=b"}) CHECK_FALSE(add_backend_setting(text, settings));
  CHECK(add_backend_setting("a=1", settings));
  CHECK(add_backend_setting("a=x=y", settings));
  CHECK(add_backend_setting("b=", settings));
  CHECK(settings == BackendSettings{{"a", {"1", "x=y"}}, {"b", {""}}});
}

TEST_CASE("the settings of a package replace those of all packages, key by key") {
  BuildSettings settings;
  settings.config = {{"a", {"1"}}, {"b", {"1"}}};
  settings.package_config["demo"] = {{"b", {"2"}}};
  CHECK(settings.config_of("demo") == BackendSettings{{"a", {"1"}}, {"b", {"2"}}});
  CHECK(settings.config_of("other") == settings.config);
}

TEST_CASE("the text of build settings differs for every value, and is empty for the defaults") {
  CHECK(BuildSettings().text().empty());
  std::set<std::string> texts;
  const auto add = [&](auto change) {
    BuildSettings settings;
    change(settings);
    texts.insert(settings.text());
  };
  const auto requirement = *pypackaging::Requirement::parse("x<1");
  add([](auto& its) { its.no_build = true; });
  add([](auto& its) { its.no_binary = true; });
  add([](auto& its) { its.no_build_packages = {"yes"}; });
  add([](auto& its) { its.no_binary_packages = {"yes"}; });
  add([](auto& its) { its.config = {{"a", {"b"}}}; });
  add([](auto& its) { its.config = {{"a b", {""}}}; });
  add([](auto& its) { its.config = {{"a", {"b", "c"}}}; });
  add([](auto& its) { its.package_config["p"] = {{"a", {"b"}}}; });
  add([&](auto& its) { its.constraints = {requirement}; });
  add([&](auto& its) { its.extra_requirements["p"] = {"x<1"}; });
  add([](auto& its) { its.extra_variables["p"] = {"A=b"}; });
  add([](auto& its) { its.no_isolation = true; });
  add([](auto& its) { its.no_isolation_packages = {"p"}; });
  CHECK(texts.size() >= 11);
  CHECK(texts.count("") == 0);
}

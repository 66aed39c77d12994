#include "cli/options/config.h"
#include "cli/options/variables.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "store/platform/error.h"
#include "tests/cli/clean_settings.h"

using namespace envstore;

namespace {

constexpr OptionSpec kFlags[] = {
    {"index", 0, "URL"},           {"default-index", 0, "URL"}, {"index-url", 'i', "URL"},
    {"extra-index-url", 0, "URL"}, {"find-links", 'f', "P"},    {"no-index", 0, {}, {}},
    {"exclude-newer", 0, "DATE"},  {"prerelease", 0, "MODE"},   {"pre", 0, {}, {}},
    {"no-sources", 0, {}, {}},     {"resolution", 0, "MODE"},   {"python", 'p', "REQUEST"},
};

Arguments flags(const std::vector<std::string>& words) {
  return parse_arguments(kFlags, Positionals::none, words);
}

std::vector<std::string> urls(const std::vector<IndexLocation>& locations) {
  std::vector<std::string> result;
  for (const IndexLocation& location : locations) result.push_back(location.url);
  return result;
}

template <class F>
std::string fault(F&& act) {
  try {
    act();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  FAIL("accepted");
  return {};
}

std::string yaml_fault(const std::string& text) {
  return fault([&] { parse_yaml_settings(text, "/p/envstore.yaml"); });
}

}  // namespace

TEST_CASE("every key of envstore.yaml is read, with the line it came from") {
  const SettingsLayer layer = parse_yaml_settings(
      "index:\n  - https://a.example/simple\n  - {name: inner, url: https://b.example/simple}\n"
      "default-index: https://c.example/simple\nfind-links: wheels\nno-index: true\noffline: no\n"
      "prerelease: allow\nresolution: lowest\nexclude-newer: 2025-01-31\npython: \"3.10\"\nlayout: forest\n"
      "bytecode: never\nindex-strategy: unsafe-best-match\nexclude-newer-package: {A_b: 7 days}\n"
      "constraints: c.txt\noverrides: [o.txt]\npython-preference: system\nno-sources: true\n",
      "/p/envstore.yaml");
  REQUIRE(layer.indexes.size() == 2);
  CHECK(layer.indexes[0].value.url == "https://a.example/simple");
  CHECK(layer.indexes[1].value.name == "inner");
  CHECK(layer.indexes[1].source == "/p/envstore.yaml:3");
  CHECK(layer.default_index->value.url == "https://c.example/simple");
  CHECK(layer.find_links.at(0).value.url == "/p/wheels");
  CHECK(layer.find_links.at(0).value.is_find_links);
  CHECK(layer.no_index->value);
  CHECK_FALSE(layer.offline->value);
  CHECK(layer.python->value == "3.10");
  CHECK(layer.python->source == "/p/envstore.yaml:11");
  CHECK(layer.bytecode->value == "never");
  CHECK(layer.index_strategy->value == "unsafe-best-match");
  CHECK(layer.exclude_newer_packages.at("a-b").value == "7 days");
  CHECK(layer.constraint_files.at(0).value == "/p/c.txt");
  CHECK(layer.override_files.at(0).value == "/p/o.txt");
  CHECK(layer.python_preference->value == "system");
  CHECK(layer.no_sources->value);
}

TEST_CASE("an empty envstore.yaml says nothing") {
  CHECK_FALSE(parse_yaml_settings("", "/e").python);
  CHECK_FALSE(parse_yaml_settings("# only this\n", "/e").python);
}

TEST_CASE("an unknown key of envstore.yaml is an error with line and column") {
  CHECK(yaml_fault("python: 3\nresolutoin: lowest\n") ==
        "cannot read '/p/envstore.yaml': line 2, column 1: there is no key 'resolutoin'");
  CHECK(yaml_fault("index:\n  - {url: x, nmae: y}\n").find("line 2, column 14") != std::string::npos);
}

TEST_CASE("malformed YAML is an error with its place") {
  for (const char* text :
       {"python: [", "- a\n- b\n", "word", "python:\n  a: b\n", "python: 3\npython: 4\n",
        "no-index: perhaps\n", "index: [{name: x}]\n", "? [a]\n: b\n", "a: \"\\q\"\n", "python:\n"}) {
    CAPTURE(text);
    CHECK(yaml_fault(text).find("/p/envstore.yaml") != std::string::npos);
  }
}

TEST_CASE("pip's configuration: install overrides global, values may continue, keys have two spellings") {
  const SettingsLayer layer = parse_pip_settings(
      "\xef\xbb\xbf# comment\n[global]\nindex_url = https://a.example/simple\nextra-index-url =\n"
      "    https://b.example/simple\n    ; not a value\n    https://c.example/simple\n\n"
      "[install]\nIndex-URL: https://d.example/simple\nno-index=yes\n[list]\nformat=columns\n",
      "/etc/pip.conf");
  CHECK(layer.default_index->value.url == "https://d.example/simple");
  CHECK(layer.default_index->source == "/etc/pip.conf:10");
  REQUIRE(layer.indexes.size() == 2);
  CHECK(layer.indexes[1].value.url == "https://c.example/simple");
  CHECK(layer.no_index->value);
}

TEST_CASE("malformed files of pip are errors with the line") {
  for (const char* text : {"key=value\n", "[open\n", "[global]\nnonsense\n"}) {
    CAPTURE(text);
    CHECK(fault([&] { parse_pip_settings(text, "/etc/pip.conf"); }).find("'/etc/pip.conf': line") !=
          std::string::npos);
  }
}

TEST_CASE("a place is an address, a named address, or a path from where it stands") {
  CHECK(index_location("https://h.example/s?a=b", "/d", false).url == "https://h.example/s?a=b");
  CHECK(index_location("inner=https://h.example/s", "/d", false).name == "inner");
  CHECK(index_location("inner=https://h.example/s", "/d", false).url == "https://h.example/s");
  CHECK(index_location("../wheels", "/d/e", true).url == "/d/wheels");
  CHECK(index_location("/a/./b", "/d", true).url == "/a/b");
}

TEST_CASE("flags come before variables, ENVSTORE_ before UV_ before PIP_") {
  const CleanSettings clean;
  const auto python = [&](const std::vector<std::string>& words) {
    const SettingsLayer merged = merged_settings(flags(words), {}, {});
    return merged.default_index->value.url + " from " + merged.default_index->source;
  };
  ::setenv("PIP_INDEX_URL", "https://pip.example", 1);
  CHECK(python({}) == "https://pip.example from PIP_INDEX_URL");
  ::setenv("UV_INDEX_URL", "https://old.example", 1);
  CHECK(python({}) == "https://old.example from UV_INDEX_URL");
  ::setenv("UV_DEFAULT_INDEX", "https://uv.example", 1);
  CHECK(python({}) == "https://uv.example from UV_DEFAULT_INDEX");
  ::setenv("ENVSTORE_DEFAULT_INDEX", "https://own.example", 1);
  CHECK(python({}) == "https://own.example from ENVSTORE_DEFAULT_INDEX");
  CHECK(python({"-i", "https://flag.example"}) == "https://flag.example from --index-url");
  CHECK(python({"-i", "https://flag.example", "--default-index", "https://f.example"}) ==
        "https://f.example from --default-index");
}

TEST_CASE("the script's indexes come behind those of flags, the default last") {
  const CleanSettings clean;
  ScriptSettings script;
  script.indexes = {{.url = "https://script.example"}};
  script.default_index = IndexLocation{.url = "https://default.example"};
  const auto settings =
      resolution_settings(merged_settings(flags({"--index", "https://flag.example"}), script, {}));
  CHECK(urls(settings.indexes.indexes) == std::vector<std::string>{"https://flag.example",
                                                                   "https://script.example",
                                                                   "https://default.example"});
}

TEST_CASE("with no index only find-links are left") {
  const CleanSettings clean;
  const auto settings = resolution_settings(
      merged_settings(flags({"--no-index", "-f", "/w", "--index", "https://a.example"}), {}, {}));
  CHECK(settings.indexes.no_index);
  CHECK(settings.indexes.indexes.empty());
  CHECK(urls(settings.indexes.find_links) == std::vector<std::string>{"/w"});
}

TEST_CASE("a value that nobody understands is an error that names its source") {
  const CleanSettings clean;
  ::setenv("UV_PRERELEASE", "maybe", 1);
  CHECK(fault([] { resolution_settings(merged_settings({}, {}, {})); }).find("UV_PRERELEASE") !=
        std::string::npos);
}

TEST_CASE("an explicit index is named and asked for nothing by itself") {
  const CleanSettings clean;
  ScriptSettings script;
  script.indexes = {{.url = "https://inner.example", .name = "inner", .is_explicit = true}};
  const auto settings = resolution_settings(merged_settings(flags({}), script, {}));
  CHECK(settings.indexes.indexes.size() == 1);
  REQUIRE(settings.named_indexes.size() == 1);
  CHECK(settings.named_indexes[0].name == "inner");
}

TEST_CASE("a named index takes user and password from variables, unless its address has some") {
  const CleanSettings clean;
  ::setenv("UV_INDEX_IN_NER_USERNAME", "me", 1);
  ::setenv("UV_INDEX_IN_NER_PASSWORD", "p@ss:word", 1);
  const auto address = [](const char* index) {
    return resolution_settings(merged_settings(flags({"--index", index}), {}, {})).indexes.indexes[0].url;
  };
  CHECK(address("in-ner=https://h.example/s") == "https://me:p%40ss%3Aword@h.example/s");
  CHECK(address("in-ner=https://you@h.example/s") == "https://you@h.example/s");
  CHECK(address("other=https://h.example/s") == "https://h.example/s");
}

TEST_CASE("a cut-off of one package is written name=DATE") {
  const CleanSettings clean;
  SettingsLayer layer;
  add_package_cutoff(layer, {"My_Package = 2025-01-31", "--exclude-newer-package"});
  CHECK(layer.exclude_newer_packages.contains("my-package"));
  for (const char* text : {"name", "=2025-01-31", ""}) {
    CAPTURE(text);
    fault([&] { add_package_cutoff(layer, {text, "--exclude-newer-package"}); });
  }
}

TEST_CASE("a strategy, a preference or a provider that is none names its source") {
  const CleanSettings clean;
  for (const char* name :
       {"UV_INDEX_STRATEGY", "UV_PYTHON_PREFERENCE", "ENVSTORE_KEYRING_PROVIDER", "ENVSTORE_EXCLUDE_NEWER"}) {
    ::setenv(name, "odd", 1);
    CHECK(fault([] { resolution_settings(merged_settings({}, {}, {})); }).find(name) != std::string::npos);
    ::unsetenv(name);
  }
}

TEST_CASE("keys of pip that would change what is installed are refused, those that ask for nothing are not") {
  for (const char* text : {"no-deps = yes", "no-binary = demo", "requirement = r.txt", "platform = any"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_pip_settings(std::string("[install]\n") + text + "\n", "/p"), Error);
  }
  CHECK_NOTHROW(parse_pip_settings("[install]\nno-deps = 0\nno-binary = :none:\nuser = yes\n", "/p"));
  CHECK(parse_pip_settings("[global]\nconstraint = /c.txt /d.txt\n", "/p").constraint_files.size() == 2);
  CHECK(parse_pip_settings("[global]\npre = yes\n", "/p").prerelease->value == "allow");
}

TEST_CASE("a variable that is refused counts only where it asks for something") {
  const CleanSettings clean;
  for (const char* value : {"", "0", "false", "no", ":none:"}) {
    ::setenv("PIP_NO_BINARY", value, 1);
    CHECK_NOTHROW(refuse_variables());
  }
  ::setenv("PIP_NO_BINARY", "demo", 1);
  CHECK_THROWS_AS(refuse_variables(), Error);
}

TEST_CASE("the raw text changes with every word that decides, and with nothing else") {
  const CleanSettings clean;
  const std::string base = raw_settings(flags({}), {});
  CHECK(raw_settings(flags({"--python", "3.9"}), {}) == base);
  CHECK(raw_settings(flags({"--pre"}), {}) != base);
  CHECK(raw_settings(flags({"--index", "https://a.example"}), {}) != base);
  CHECK(raw_settings(flags({"--index", "a b", "--index", "c"}), {}) !=
        raw_settings(flags({"--index", "a", "--index", "b c"}), {}));
  ConfigurationFiles files;
  files.uv = {"/p/uv.toml"};
  CHECK(raw_settings(flags({}), files) != base);
  CHECK(raw_settings(flags({"--no-sources"}), {}) != base);
  ::setenv("UV_INDEX", "https://a.example", 1);
  CHECK(raw_settings(flags({}), {}) != base);
}

TEST_CASE("a layout or a way of compiling that is none names its source") {
  const CleanSettings clean;
  for (const char* name : {"ENVSTORE_LAYOUT", "ENVSTORE_BYTECODE"}) {
    ::setenv(name, "frm", 1);
    const SettingsLayer merged = merged_settings({}, {}, {});
    const std::string text = fault([&] {
      layout_setting(merged);
      bytecode_setting(merged);
    });
    CHECK(text.find("'frm'") != std::string::npos);
    CHECK(text.find(name) != std::string::npos);
    ::unsetenv(name);
  }
}

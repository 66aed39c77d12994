#include "cli/options/config.h"
#include "cli/options/refused.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "cli/options/run_options.h"
#include "cli/options/settings_key.h"
#include "store/platform/error.h"
#include "tests/clean_settings.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;
using Words = std::vector<std::string>;

namespace {

Arguments flags(const std::vector<std::string>& words) {
  return parse_arguments(kRunOptions, Positionals::none, words);
}

ScriptSettings script_with(std::initializer_list<std::pair<const char*, SettingValue>> values) {
  ScriptSettings script;
  for (const auto& [name, value] : values) script.layer.add(*find_setting(setting_table(), name), value);
  return script;
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
  const auto value = [&](const char* setting) {
    REQUIRE(layer.of(setting).size() == 1);
    return layer.find(setting)->value;
  };
  REQUIRE(layer.of("index").size() == 2);
  CHECK(layer.of("index")[0].value == "https://a.example/simple");
  CHECK(layer.of("index")[1].name == "inner");
  CHECK(layer.of("index")[1].source == "/p/envstore.yaml:3");
  CHECK(value("default-index") == "https://c.example/simple");
  CHECK(value("find-links") == "/p/wheels");
  CHECK(layer.find("find-links")->is_flat);
  CHECK(value("no-index") == "true");
  CHECK(value("offline") == "false");
  CHECK(value("python") == "3.10");
  CHECK(layer.find("python")->source == "/p/envstore.yaml:11");
  CHECK(value("bytecode") == "never");
  CHECK(value("index-strategy") == "unsafe-best-match");
  CHECK(value("exclude-newer-package") == "7 days");
  CHECK(layer.find("exclude-newer-package")->name == "a-b");
  CHECK(value("constraints") == "/p/c.txt");
  CHECK(value("overrides") == "/p/o.txt");
  CHECK(value("python-preference") == "system");
  CHECK(layer.is_on("no-sources"));
}

TEST_CASE("an empty envstore.yaml has no settings") {
  CHECK(parse_yaml_settings("", "/e") == SettingsLayer());
  CHECK(parse_yaml_settings("# only this\n", "/e") == SettingsLayer());
}

TEST_CASE("an unknown key of envstore.yaml is an error with line and column") {
  CHECK(yaml_fault("python: 3\nresolutoin: lowest\n") ==
        "cannot read '/p/envstore.yaml': line 2, column 1: there is no key 'resolutoin'");
  CHECK(yaml_fault("index:\n  - {url: x, nmae: y}\n").find("line 2, column 14") != std::string::npos);
}

TEST_CASE("malformed YAML is an error with its position") {
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
  REQUIRE(layer.find("default-index") != nullptr);
  CHECK(layer.find("default-index")->value == "https://d.example/simple");
  CHECK(layer.find("default-index")->source == "/etc/pip.conf:10");
  REQUIRE(layer.of("index").size() == 2);
  CHECK(layer.of("index")[1].value == "https://c.example/simple");
  CHECK(layer.is_on("no-index"));
}

TEST_CASE("malformed files of pip are errors with the line") {
  for (const char* text : {"key=value\n", "[open\n", "[global]\nnonsense\n"}) {
    CAPTURE(text);
    CHECK(fault([&] { parse_pip_settings(text, "/etc/pip.conf"); }).find("'/etc/pip.conf': line") !=
          std::string::npos);
  }
}

TEST_CASE("flags come before variables, ENVSTORE_ before UV_ before PIP_") {
  const CleanSettings clean;
  const auto python = [&](const std::vector<std::string>& words) {
    const SettingsLayer merged = merged_settings(flags(words), {}, {});
    return merged.find("default-index")->value + " from " + merged.find("default-index")->source;
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

TEST_CASE("the script's indexes come after those of flags, the default last") {
  const CleanSettings clean;
  const ScriptSettings script = script_with({{"index", {"https://script.example", "script"}},
                                             {"default-index", {"https://default.example", "script"}}});
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

TEST_CASE("an invalid value is an error that names its source") {
  const CleanSettings clean;
  ::setenv("UV_PRERELEASE", "maybe", 1);
  CHECK(fault([] { resolution_settings(merged_settings({}, {}, {})); }).find("UV_PRERELEASE") !=
        std::string::npos);
}

TEST_CASE("an explicit index is used only for packages that are bound to it") {
  const CleanSettings clean;
  const ScriptSettings script = script_with(
      {{"index",
        {.value = "https://inner.example", .source = "script", .name = "inner", .is_explicit = true}}});
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

TEST_CASE("a strategy, a preference or a provider that is none names its source") {
  const CleanSettings clean;
  for (const char* name :
       {"UV_INDEX_STRATEGY", "UV_PYTHON_PREFERENCE", "ENVSTORE_KEYRING_PROVIDER", "ENVSTORE_EXCLUDE_NEWER"}) {
    ::setenv(name, "odd", 1);
    CHECK(fault([] { resolution_settings(merged_settings({}, {}, {})); }).find(name) != std::string::npos);
    ::unsetenv(name);
  }
}

TEST_CASE("keys of pip that would change what is installed are refused, those without effect are not") {
  for (const char* text : {"editable = x", "requirement = r.txt", "platform = any"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_pip_settings(std::string("[install]\n") + text + "\n", "/p"), Error);
  }
  CHECK_NOTHROW(parse_pip_settings("[install]\nno-deps = 0\nplatform = :none:\nuser = yes\n", "/p"));
  CHECK(parse_pip_settings("[install]\nno-deps = yes\n", "/p").is_on("no-deps"));
  const SettingsLayer hosts = parse_pip_settings("[global]\ntrusted-host =\n  a\n  b\n", "/p");
  CHECK(hosts.of("allow-insecure-host").size() == 2);
  const SettingsLayer layer = parse_pip_settings("[global]\nconstraint = /c.txt /d.txt\n", "/p");
  CHECK(layer.of("constraints").size() == 2);
  CHECK(parse_pip_settings("[global]\npre = yes\n", "/p").find("prerelease")->value == "allow");
}

TEST_CASE("a refused variable is an error only if its value has an effect") {
  const CleanSettings clean;
  for (const char* value : {"", "0", "false", "no", ":none:"}) {
    ::setenv("PIP_PLATFORM", value, 1);
    CHECK_NOTHROW(refuse_variables());
  }
  ::setenv("PIP_PLATFORM", "demo", 1);
  CHECK_THROWS_AS(refuse_variables(), Error);
}

TEST_CASE("the raw text changes with every word that affects the environment, and with no other") {
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
  ::unsetenv("UV_INDEX");
  CHECK(raw_settings(flags({}), {}) == base);
  // It overrides `offline: true` of a file.
  ::setenv("UV_OFFLINE", "0", 1);
  CHECK(raw_settings(flags({}), {}) != base);
}

TEST_CASE("the key of a run with one setting has the bytes that earlier versions wrote") {
  const CleanSettings clean;
  ::unsetenv("PIP_CONFIG_FILE");
  CHECK(raw_settings(flags({}), {}).empty());
  CHECK(raw_settings(flags({"--pre"}), {}) == "pre 0 \n");
  CHECK(raw_settings(flags({"--index", "https://a.example"}), {}) ==
        "index 0 \nindex 17 https://a.example\n");
  ::setenv("UV_DEFAULT_INDEX", "https://a.example", 1);
  ConfigurationFiles files;
  files.uv = {"/p/uv.toml"};
  CHECK(raw_settings(flags({"--resolution", "lowest"}), files) ==
        "resolution 0 \nresolution 6 lowest\nUV_DEFAULT_INDEX 17 https://a.example\nfile 10 /p/uv.toml\n");
}

TEST_CASE("the lists of one family of variables are joined, those of the next do not count") {
  const CleanSettings clean;
  const auto indexes = [] {
    Words found;
    const SettingsLayer merged = merged_settings({}, {}, {});
    for (const SettingValue& index : merged.of("index")) found.push_back(index.value);
    return found;
  };
  ::setenv("UV_INDEX", "/a /b", 1);
  ::setenv("UV_EXTRA_INDEX_URL", "/c", 1);
  ::setenv("PIP_EXTRA_INDEX_URL", "/d", 1);
  CHECK(indexes() == Words{"/a", "/b", "/c"});
  ::setenv("ENVSTORE_INDEX", "/e", 1);
  CHECK(indexes() == Words{"/e"});
}

TEST_CASE("lists of links are separated by commas, pip's by blanks; only one of pip's providers counts") {
  const CleanSettings clean;
  ::setenv("PIP_FIND_LINKS", "/a /b", 1);
  SettingsLayer layer = environment_settings();
  CHECK(layer.of("find-links").size() == 2);
  ::setenv("UV_FIND_LINKS", "/a b,/c", 1);
  layer = environment_settings();
  REQUIRE(layer.of("find-links").size() == 2);
  CHECK(layer.find("find-links")->value == "/a b");
  ::setenv("PIP_KEYRING_PROVIDER", "import", 1);
  CHECK(environment_settings().find("keyring-provider") == nullptr);
  ::setenv("PIP_KEYRING_PROVIDER", "subprocess", 1);
  CHECK(environment_settings().find("keyring-provider")->value == "subprocess");
}

TEST_CASE("a relative path makes the working directory part of the key") {
  const CleanSettings clean;
  const auto has_directory = [](const std::vector<std::string>& words) {
    return raw_settings(flags(words), {}).find("directory ") != std::string::npos;
  };
  CHECK(has_directory({"--find-links", "wheels"}));
  CHECK(has_directory({"--constraints", "c.txt"}));
  CHECK_FALSE(
      has_directory({"--find-links", "/wheels", "--index", "https://a.example", "--resolution", "lowest"}));
  ::setenv("UV_CONSTRAINT", "/a.txt b.txt", 1);
  CHECK(has_directory({}));
}

TEST_CASE("a malformed variable is an error even where another source has priority") {
  const CleanSettings clean;
  for (const char* name :
       {"UV_PRERELEASE", "UV_INDEX_STRATEGY", "UV_EXCLUDE_NEWER", "UV_NO_INDEX", "PIP_NO_INDEX",
        "UV_NO_CACHE", "UV_NO_ENV_FILE", "UV_COMPILE_BYTECODE", "ENVSTORE_LAYOUT"}) {
    CAPTURE(name);
    ::setenv(name, "odd", 1);
    CHECK(fault([] {
            merged_settings(flags({"--prerelease", "allow", "--index-strategy", "first-index",
                                   "--exclude-newer", "2025-01-31", "--no-index", "--layout", "farm"}),
                            {}, {});
          }).find(name) != std::string::npos);
    ::unsetenv(name);
  }
}

TEST_CASE("--no-config reads the file of --config-file and no other") {
  const CleanSettings clean;
  const TemporaryDirectory directory;
  const std::string named = directory.write("named.toml", "");
  directory.write("pyproject.toml", "");
  directory.write("envstore.yaml", "");
  const std::string place = named.substr(0, named.rfind('/'));
  CHECK(find_configuration_files({.directory = place}).present == std::vector{place + "/envstore.yaml"});
  const ConfigurationFiles files =
      find_configuration_files({.directory = place, .use_files = false, .uv_file = named});
  CHECK(files.present.empty());
  CHECK(files.uv_project.empty());
  CHECK(files.uv == std::vector{named});
  CHECK_FALSE(files.use_pip);
  CHECK(find_configuration_files({.directory = place, .use_files = false}).uv.empty());
}

TEST_CASE("a switch of a variable or of a flag decides, in this order: flag, variable, no") {
  const CleanSettings clean;
  CHECK_FALSE(is_on(flags({}), "no-cache"));
  ::setenv("UV_NO_CACHE", "0", 1);
  CHECK_FALSE(is_on(flags({}), "no-cache"));
  CHECK(is_on(flags({"-n"}), "no-cache"));
  ::setenv("UV_NO_CACHE", "1", 1);
  CHECK(is_on(flags({}), "no-cache"));
}

TEST_CASE("a layout or a way of compiling that is none names its source") {
  const CleanSettings clean;
  for (const char* name : {"ENVSTORE_LAYOUT", "ENVSTORE_BYTECODE"}) {
    ::setenv(name, "frm", 1);
    const SettingsLayer variables = environment_settings();
    const std::string text = fault([&] {
      layout_setting(variables);
      bytecode_setting(variables);
    });
    CHECK(fault([] { merged_settings({}, {}, {}); }) == text);
    CHECK(text.find("'frm'") != std::string::npos);
    CHECK(text.find(name) != std::string::npos);
    ::unsetenv(name);
  }
}

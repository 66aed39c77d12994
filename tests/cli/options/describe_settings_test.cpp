#include "cli/options/describe_settings.h"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "cli/options/config.h"
#include "cli/options/refused.h"
#include "cli/options/run_options.h"
#include "cli/options/settings_key.h"
#include "python/settings/uv_keys.h"
#include "python/settings/uv_options.h"
#include "python/settings/uv_options_reader.h"
#include "store/platform/error.h"
#include "tests/clean_settings.h"

using namespace envstore;

namespace {

void take_colour(const SettingValue& value, ResolutionSettings& settings) {
  if (value.value == "grey") throw_bad_value(value, "colour", "red or blue");
  settings.constraint_files.push_back(value.value);
}

/// A setting that envstore does not have.
constexpr SettingSpec kColour[] = {{.name = "colour",
                                    .built_in = "white",
                                    .example = "white",
                                    .meaning = "or red, blue",
                                    .flags = {{"colour", 0, "WORD", "which colour"}},
                                    .variables = {{"ENVSTORE_COLOUR"}, {"UV_COLOUR"}, {"PIP_COLOUR"}},
                                    .uv_keys = {"color"},
                                    .take = take_colour}};
constexpr SettingTable kTable = kColour;
constexpr OptionTable kFlags{{}, {FlagsOf::run}, [] { return kTable; }};

std::string text_of(const SettingsLayer& layer) {
  std::string text;
  for (const SettingRow& row : setting_rows(layer))
    text += row.key + " " + row.value + " " + row.source + "\n";
  return text;
}

std::string page(const std::string& name) {
  std::ifstream file(ENVSTORE_SOURCES "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE(file);
  return text.str();
}

/// The words between backticks from `begin` to `end`.
std::set<std::string> quoted_words(const std::string& text, const std::string& begin,
                                   const std::string& end) {
  std::size_t at = text.find(begin);
  REQUIRE(at != std::string::npos);
  const std::size_t stop = text.find(end, at);
  REQUIRE(stop != std::string::npos);
  std::set<std::string> words;
  while ((at = text.find('`', at)) < stop) {
    const std::size_t close = text.find('`', at + 1);
    words.insert(text.substr(at + 1, close - at - 1));
    at = close + 1;
  }
  return words;
}

}  // namespace

TEST_CASE("a setting that is added to the table is a flag, with its help") {
  const Arguments arguments = parse_arguments(kFlags, Positionals::none, {"--colour", "red"});
  CHECK(text_of(flag_settings(arguments, kTable)) == "colour red --colour\n");
  CHECK(describe_options(kFlags).find("--colour WORD           which colour") != std::string::npos);
}

TEST_CASE("it is a variable, in the order ENVSTORE_, UV_, PIP_") {
  const CleanSettings clean;
  CHECK(text_of(environment_settings(kTable)).empty());
  for (const char* name : {"PIP_COLOUR", "UV_COLOUR", "ENVSTORE_COLOUR"}) {
    ::setenv(name, "red", 1);
    CHECK(text_of(environment_settings(kTable)) == std::string("colour red ") + name + "\n");
  }
  CHECK_NOTHROW(check_variables(kTable));
  ::setenv("UV_COLOUR", "grey", 1);
  CHECK_THROWS_WITH_AS(check_variables(kTable),
                       "cannot use 'grey' as colour (UV_COLOUR): it must be red or blue", Error);
}

TEST_CASE("it is a key of envstore.yaml, of uv's files, of scripts and of pip's files") {
  CHECK(text_of(parse_yaml_settings("colour: red\n", "/p/envstore.yaml", kTable)) ==
        "colour red /p/envstore.yaml:1\n");
  CHECK(text_of(read_uv_file("color = 'red'\n", "/p/uv.toml", kTable)->layer) == "colour red /p/uv.toml\n");
  ScriptSettings script;
  const OptionsOrigin origin{.what = "x", .prefix = "tool.uv.", .source = "the script", .directory = "/p"};
  UvOptionsReader(origin, script, kTable).take(parse_toml("color = 'red'\n"));
  CHECK(text_of(script.layer) == "colour red the script\n");
  CHECK(text_of(parse_pip_settings("[global]\ncolour = red\n", "/p/pip.conf", kTable)) ==
        "colour red /p/pip.conf:2\n");
}

TEST_CASE("without it in the table its key is an error") {
  CHECK_THROWS_AS(parse_yaml_settings("colour: red\n", "/p"), Error);
  CHECK_THROWS_AS(read_uv_file("color = 'red'\n", "/p/uv.toml"), Error);
  CHECK_THROWS_AS(parse_arguments(kRunOptions, Positionals::none, {"--colour", "red"}), Error);
}

TEST_CASE("it is part of the run cache key, as a flag and as a variable") {
  const CleanSettings clean;
  ::unsetenv("PIP_CONFIG_FILE");
  CHECK(raw_settings({}, {}, kTable).empty());
  CHECK(raw_settings(parse_arguments(kFlags, Positionals::none, {"--colour=red"}), {}, kTable) ==
        "colour 0 \ncolour 3 red\n");
  ::setenv("UV_COLOUR", "blue", 1);
  CHECK(raw_settings({}, {}, kTable) == "UV_COLOUR 4 blue\n");
}

TEST_CASE("its default, its key, its names and its parser are derived") {
  const SettingsLayer layer = built_in_settings(kTable);
  CHECK(text_of(layer) == "colour white built in\n");
  CHECK(resolution_settings(layer).constraint_files == std::vector<std::string>{"white"});
  CHECK(describe_keys(kTable) == "    colour: white                          or red, blue\n");
  CHECK(describe_sources(kTable) ==
        "    colour                      --colour, ENVSTORE_COLOUR, UV_COLOUR, PIP_COLOUR\n");
}

TEST_CASE("every line of the page fits, and every name is on it") {
  const std::string text = describe_keys() + describe_sources();
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(line.size() <= 120);
    CHECK_FALSE(line.ends_with(' '));
  }
  for (const SettingSpec& setting : setting_table()) {
    CAPTURE(setting.name);
    CHECK(text.find("    " + std::string(setting.name) + " ") != std::string::npos);
    for (const VariableSpec& variable : setting.all_variables())
      CHECK(text.find(variable.name) != std::string::npos);
  }
}

TEST_CASE("a row of `config` shows no password") {
  SettingsLayer layer;
  layer.add(*find_setting(setting_table(), "index"),
            read_setting(SettingKind::indexes, "inner=https://me:secret@h.example/s", "UV_INDEX"));
  CHECK(text_of(layer).find("secret") == std::string::npos);
  CHECK(text_of(layer).starts_with("index inner=https://"));
}

TEST_CASE("docs/settings.md lists the variables and keys of the table, and no others") {
  const std::string text = page("docs/settings.md");
  // Read where they are used: per index, by the search for interpreters, by transfers, to find files.
  std::set<std::string> honoured = {"UV_INDEX_NAME_USERNAME",
                                    "UV_INDEX_NAME_PASSWORD",
                                    "UV_PYTHON_INSTALL_DIR",
                                    "PIP_DEFAULT_TIMEOUT",
                                    "PIP_CERT",
                                    "PIP_CONFIG_FILE"};
  std::set<std::string> keys, refused;
  for (const SettingSpec& setting : setting_table()) {
    for (const VariableSpec& variable : setting.all_variables())
      if (!variable.name.starts_with("ENVSTORE_")) honoured.emplace(variable.name);
    for (const std::string_view key : setting.all_uv_keys()) keys.emplace(key);
  }
  for (const UvKey& key : uv_index_keys())
    if (key.in_script == KeyUse::supported) keys.emplace(key.name);
  for (const RefusedVariable& variable : refused_variables()) refused.emplace(variable.name);
  CHECK(quoted_words(text, "\nHonoured: ", "\n\n") == honoured);
  CHECK(quoted_words(text, "| `index` (", " | honoured |") == keys);
  std::set<std::string> told = quoted_words(text, "\nRefused, unless", "and the keys of the same names");
  CHECK(told == refused);
  for (const UvKey& key : other_uv_keys())
    CHECK(text.find("`" + std::string(key.name) + "`") != std::string::npos);
}

TEST_CASE("docs/migration-from-uv.md names every flag of a run") {
  const std::string text = page("docs/migration-from-uv.md");
  kRunOptions.each([&](const OptionSpec& option) {
    CAPTURE(option.name);
    if (option.name == "pre" || option.name == "layout") return false;  // of pip, of envstore
    const std::string flag = "--" + std::string(option.name);
    bool is_told = false;
    for (std::size_t at = text.find(flag); at != std::string::npos; at = text.find(flag, at + 1)) {
      const char next = text[at + flag.size()];
      is_told = is_told || !((next >= 'a' && next <= 'z') || next == '-');
    }
    CHECK(is_told);
    return false;
  });
}

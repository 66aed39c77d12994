#include "python/settings/script_metadata.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;

namespace {

ScriptMetadata read(const std::string& toml) {
  return read_script_metadata(toml, 3, "demo.py", "/folder");
}

std::string failure(const std::string& toml) {
  try {
    read(toml);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("requires-python and dependencies are read") {
  const auto metadata = read("requires-python = '>=3.11'\ndependencies = ['numpy>=2', 'rich']\n");
  REQUIRE(metadata.requires_python.has_value());
  CHECK(metadata.requires_python->canonical() == ">=3.11");
  REQUIRE(metadata.dependencies.size() == 2);
  CHECK(metadata.dependencies[0].canonical() == "numpy>=2");
  CHECK(metadata.warnings.empty());
}

TEST_CASE("the settings of tool.uv are read, and those of tool.envstore count more") {
  const auto metadata = read(
      "[tool.uv]\nexclude-newer = 2024-05-01\nprerelease = 'allow'\nresolution = 'lowest'\nfind-links = "
      "['wheels']\n"
      "[[tool.uv.index]]\nname = 'own'\nurl = 'https://own.invalid/simple'\n"
      "[[tool.uv.index]]\nurl = 'https://all.invalid/simple'\ndefault = true\n"
      "[tool.envstore]\nprerelease = 'disallow'\n");
  const SettingsLayer& layer = metadata.settings.layer;
  const auto value = [&](const char* setting) {
    REQUIRE(layer.of(setting).size() == 1);
    return layer.find(setting)->value;
  };
  CHECK(value("exclude-newer") == "2024-05-01");
  CHECK(value("prerelease") == "disallow");
  CHECK(value("resolution") == "lowest");
  CHECK(value("index") == "https://own.invalid/simple");
  CHECK(layer.find("index")->name == "own");
  CHECK(layer.find("index")->source == "the script's metadata");
  CHECK(value("default-index") == "https://all.invalid/simple");
  CHECK(value("find-links") == "/folder/wheels");
}

TEST_CASE("lists of tool.envstore come before those of tool.uv, wherever the tables are") {
  const std::string uv =
      "[tool.uv]\nfind-links = ['b']\nconstraint-dependencies = ['a<2']\n"
      "[[tool.uv.index]]\nname = 'u'\nurl = 'https://u.invalid/'\n"
      "[tool.uv.sources]\ndemo = { index = 'u' }\n";
  const std::string own =
      "[tool.envstore]\nfind-links = ['a']\n"
      "[[tool.envstore.index]]\nname = 'e'\nurl = 'https://e.invalid/'\n"
      "[tool.envstore.sources]\ndemo = { index = 'e' }\n";
  for (const std::string& text : {uv + own, own + uv}) {
    const ScriptSettings settings = read(text).settings;
    REQUIRE(settings.layer.of("find-links").size() == 2);
    CHECK(settings.layer.of("find-links")[0].value == "/folder/a");
    REQUIRE(settings.layer.of("index").size() == 2);
    CHECK(settings.layer.of("index")[0].name == "e");
    REQUIRE(settings.sources.size() == 2);
    CHECK(settings.sources[0].value == "e");
    CHECK(settings.constraints == std::vector<std::string>{"a<2"});
  }
}

TEST_CASE("a field that no specification has is a warning; other tools' tables are theirs") {
  const auto metadata = read("frobnicate = 1\n[tool.black]\nline-length = 100\n");
  REQUIRE(metadata.warnings.size() == 1);
  CHECK(metadata.warnings[0].find("'frobnicate'") != std::string::npos);
}

TEST_CASE("a misspelt field is an error that names the one that is meant") {
  for (const char* text : {"dependecies = []", "Dependencies = []", "dependency = []",
                           "requires_python = '3'", "require-python = '3'", "Tool = {}", "tools = {}"})
    CHECK_MESSAGE(failure(text).find("is meant") != std::string::npos, text);
  for (const char* text : {"name = 'x'", "version = '1'", "authors = []", "to = 1", "[project]"})
    CHECK_MESSAGE(failure(text).empty(), text);
}

TEST_CASE("a key that is not known or not supported is an error with its line and column") {
  CHECK(failure("[tool.uv]\nwhatever = 2\n").find("line 4, column 3: 'tool.uv.whatever'") !=
        std::string::npos);
  CHECK(failure("[tool.envstore]\nwhatever = 2\n").find("'tool.envstore.whatever'") != std::string::npos);
  CHECK(failure("[tool.uv]\nupgrade = true\n").find("'tool.uv.upgrade'") != std::string::npos);
  CHECK(failure("[[tool.uv.index]]\nurl = 'https://a.invalid'\nodd = 1\n").find("'tool.uv.index.odd'") !=
        std::string::npos);
  for (const char* value : {"false", "''", "[]", "{}"})
    CHECK_MESSAGE(failure(std::string("[tool.uv]\nupgrade = ") + value).empty(), value);
}

TEST_CASE("indexes may be explicit or flat") {
  const auto metadata = read(
      "[[tool.uv.index]]\nname = 'a'\nurl = 'https://a.invalid'\nexplicit = true\n"
      "[[tool.uv.index]]\nurl = 'wheels'\nformat = 'flat'\n");
  const auto indexes = metadata.settings.layer.of("index");
  REQUIRE(indexes.size() == 2);
  CHECK(indexes[0].is_explicit);
  CHECK_FALSE(indexes[0].is_flat);
  CHECK(indexes[1].is_flat);
  CHECK(indexes[1].value == "/folder/wheels");
  CHECK(failure("[[tool.uv.index]]\nurl = 'x'\nexplicit = true\n").find("needs a name") != std::string::npos);
  CHECK(failure("[[tool.uv.index]]\nurl = 'x'\nformat = 'odd'\n").find("simple or flat") !=
        std::string::npos);
}

TEST_CASE("sources are read with their markers and their position") {
  using Kind = PackageSource::Kind;
  const auto sources = read(
                           "[tool.uv.sources]\nA_b = { index = 'inner' }\n"
                           "c = [{ path = 'c-1-py3-none-any.whl', marker = \"python_version < '3'\" }, "
                           "{ git = 'https://a.invalid' }]\n"
                           "d = { url = 'https://a.invalid/d-1-py3-none-any.whl?x' }\n"
                           "e = { path = 'e', editable = true }\n")
                           .settings.sources;
  REQUIRE(sources.size() == 5);
  CHECK(sources[0].name == "a-b");
  CHECK(sources[0].kind == Kind::index);
  CHECK(sources[0].position == "the metadata of 'demo.py': line 4, column 9");
  CHECK(sources[1].kind == Kind::wheel);
  CHECK(sources[1].value == "file:///folder/c-1-py3-none-any.whl");
  CHECK_FALSE(sources[1].marker.empty());
  CHECK(sources[2].kind == Kind::unsupported);
  CHECK(sources[3].kind == Kind::wheel);
  CHECK(sources[4].kind == Kind::unsupported);
  for (const char* text : {"{}", "1", "{ index = 'a', path = 'b.whl' }", "{ index = 'a', odd = 1 }",
                           "{ index = 'a', marker = 'odd' }", "{ index = 1 }"})
    CHECK_MESSAGE(!failure(std::string("[tool.uv.sources]\na = ") + text).empty(), text);
}

TEST_CASE("a table header without a name is an ordinary syntax error") {
  for (const std::string text : {"[!]", "[\x01", "[[=]]", "[a.!]"})
    CHECK_MESSAGE(failure(text).starts_with("cannot read the metadata of 'demo.py'"), text);
}

TEST_CASE("a fault is named with its line and column in the script") {
  CHECK(failure("dependencies = [\n  'numpy',,\n]\n").find("'demo.py': line 4, column ") !=
        std::string::npos);
  CHECK(failure("dependencies = ['numpy', '==1']\n").find("line 3, column 28: '==1' is not a requirement") !=
        std::string::npos);
  CHECK(failure("dependencies = 'numpy'\n").find("line 3") != std::string::npos);
  CHECK(failure("requires-python = '=>3'\n").find("requires-python") != std::string::npos);
  CHECK(failure("requires-python = 3\n").find("a text is expected") != std::string::npos);
}

#include "python/provision/script_metadata.h"

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
  CHECK(metadata.settings.exclude_newer == "2024-05-01");
  CHECK(metadata.settings.prerelease == "disallow");
  CHECK(metadata.settings.resolution == "lowest");
  REQUIRE(metadata.settings.indexes.size() == 1);
  CHECK(metadata.settings.indexes[0].name == "own");
  REQUIRE(metadata.settings.default_index.has_value());
  CHECK(metadata.settings.default_index->url == "https://all.invalid/simple");
  REQUIRE(metadata.settings.find_links.size() == 1);
  CHECK(metadata.settings.find_links[0].url == "/folder/wheels");
}

TEST_CASE(
    "an unknown key is a warning, in the block and in the tool tables; other tools' tables are theirs") {
  const auto metadata = read("frobnicate = 1\n[tool.uv]\nwhatever = 2\n[tool.black]\nline-length = 100\n");
  REQUIRE(metadata.warnings.size() == 2);
  CHECK(metadata.warnings[0].find("'frobnicate'") != std::string::npos);
  CHECK(metadata.warnings[1].find("'tool.uv.whatever'") != std::string::npos);
}

TEST_CASE("a table header that begins with nothing of a name is a fault as any other") {
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

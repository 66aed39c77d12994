#include "python/build/build_system.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

struct Tree {
  explicit Tree(const std::string& pyproject) { write("pyproject.toml", pyproject); }
  void write(const std::string& name, const std::string& content) const {
    create_file(directory.fd(), name, content, 0644);
  }
  BuildSystem read() const { return read_build_system(directory.path()); }
  std::string refusal() const {
    try {
      (void)read();
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid_input);
      return error.what();
    }
    return {};
  }
  TemporaryDirectory directory;
};

std::vector<std::string> texts(const BuildSystem& system) {
  std::vector<std::string> found;
  for (const auto& requirement : system.requirements) found.push_back(requirement.canonical());
  return found;
}

}  // namespace

TEST_CASE("the table of a tree") {
  const Tree tree(
      "[build-system]\n"
      "requires = ['hatchling >= 1.0', 'tomli; python_version < \"3.11\"']\n"
      "build-backend = 'hatchling.build:api.v1'\n"
      "unknown = 1\n");
  const BuildSystem system = tree.read();
  CHECK(texts(system) == std::vector<std::string>{"hatchling>=1.0", "tomli; python_version < \"3.11\""});
  CHECK(system.backend == "hatchling.build:api.v1");
  CHECK(system.backend_path.empty());
}

TEST_CASE("defaults: no table, no backend, no pyproject.toml") {
  const BuildSystem without_table = Tree("[project]\nname = 'demo'\n").read();
  CHECK(without_table.backend == "setuptools.build_meta:__legacy__");
  CHECK(texts(without_table) == std::vector<std::string>{"setuptools>=40.8.0"});
  const BuildSystem without_backend = Tree("[build-system]\nrequires = ['numpy']\n").read();
  CHECK(without_backend.backend == "setuptools.build_meta:__legacy__");
  CHECK(texts(without_backend) == std::vector<std::string>{"numpy"});
  const TemporaryDirectory directory;
  create_file(directory.fd(), "setup.py", "", 0644);
  CHECK(read_build_system(directory.path()).backend == "setuptools.build_meta:__legacy__");
}

TEST_CASE("a tree with neither pyproject.toml nor setup.py cannot be built") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH_AS(
      read_build_system(directory.path()),
      ("cannot build '" + directory.path() + "': it has neither pyproject.toml nor setup.py").c_str(), Error);
}

TEST_CASE("malformed tables are refused with line and column") {
  const struct {
    const char *text, *message;
  } kCases[] = {
      {"[build-system\n", "line 1, column 14"},
      {"build-system = 1\n", "line 1, column 16: 'build-system' must be a table"},
      {"\n[build-system]\nbuild-backend = 'a'\n", "line 2, column 1: 'build-system' must have 'requires'"},
      {"[build-system]\nrequires = 'a'\n", "line 2, column 12: 'requires' must be an array of texts"},
      {"[build-system]\nrequires = [\n 'a',\n 1]\n",
       "line 4, column 2: 'requires' must be an array of texts"},
      {"[build-system]\nrequires = ['a b c']\n", "line 2, column 13: 'a b c': "},
      {"[build-system]\nrequires = []\nbuild-backend = 1\n", "line 3, column 17: 'build-backend' must be"},
      {"[build-system]\nrequires = []\nbuild-backend = 'a;b'\n", "'build-backend' must be"},
      {"[build-system]\nrequires = []\nbuild-backend = 'a:'\n", "'build-backend' must be"},
      {"[build-system]\nrequires = []\nbuild-backend = 'a:b:c'\n", "'build-backend' must be"},
      {"[build-system]\nrequires = []\nbuild-backend = '1a'\n", "'build-backend' must be"},
      {"[build-system]\nrequires = []\nbackend-path = ['.']\n", "'backend-path' needs 'build-backend'"},
  };
  for (const auto& entry : kCases) {
    CAPTURE(entry.text);
    CHECK(Tree(entry.text).refusal().find(entry.message) != std::string::npos);
  }
}

TEST_CASE("folders of backend-path lie inside of the tree, after links have been resolved") {
  const auto with = [](const std::string& folder) {
    return "[build-system]\nrequires = []\nbuild-backend = 'b'\nbackend-path = [\"" + folder + "\"]\n";
  };
  for (const char* const folder : {"..", "/usr", "a/../..", "out", "out/lib", "", "\\u0000", "missing"}) {
    CAPTURE(folder);
    const Tree tree(with(folder));
    make_directory(tree.directory.fd(), "a", 0755);
    symlink_at("/usr", tree.directory.fd(), "out");
    CHECK(tree.refusal().find("line 4, column 17") != std::string::npos);
  }
  for (const char* const folder : {".", "a", "a/..", "in"}) {
    CAPTURE(folder);
    const Tree tree(with(folder));
    make_directory(tree.directory.fd(), "a", 0755);
    symlink_at("a", tree.directory.fd(), "in");
    CHECK(tree.read().backend_path == std::vector<std::string>{folder});
  }
}

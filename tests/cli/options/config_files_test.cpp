#include <doctest/doctest.h>

#include <filesystem>

#include "cli/options/config.h"
#include "cli/options/run_options.h"
#include "store/platform/error.h"
#include "tests/clean_settings.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;
using Paths = std::vector<std::string>;

namespace {

/// A project below a folder with a configuration of uv, and a home directory.
class Folders {
 public:
  Folders() {
    std::filesystem::create_directories(project() + "/src");
    std::filesystem::create_directories(home() + "/.config/envstore");
    std::filesystem::create_directories(home() + "/.config/uv");
    ::setenv("HOME", home().c_str(), 1);
    ::setenv("UV_NO_SYSTEM_CONFIG", "1", 1);  // the machine may have one
  }
  std::string above() const { return directory_.path() + "/above"; }
  std::string project() const { return above() + "/project"; }
  std::string home() const { return directory_.path() + "/home"; }
  /// Writes an empty file.
  std::string make(const std::string& path) const {
    return directory_.write(path.substr(directory_.path().size() + 1), "");
  }

 private:
  CleanSettings clean_;
  TemporaryDirectory directory_;
};

/// Without the system's envstore.yaml, which the machine may have.
Paths own(const ConfigurationFiles& files) {
  Paths paths = files.present;
  std::erase(paths, "/etc/envstore/envstore.yaml");
  return paths;
}

Arguments flags(const std::vector<std::string>& words) {
  return parse_arguments(kRunOptions, Positionals::none, words);
}

}  // namespace

TEST_CASE("envstore.yaml counts beside the nearest pyproject.toml, before the user's") {
  const Folders folders;
  const std::string outer = folders.make(folders.above() + "/envstore.yaml");
  const std::string user = folders.make(folders.home() + "/.config/envstore/envstore.yaml");
  const std::string inner = folders.make(folders.project() + "/envstore.yaml");
  const ConfigurationSearch search{.directory = folders.project() + "/src"};
  CHECK(own(find_configuration_files(search)) == Paths{user});
  folders.make(folders.above() + "/pyproject.toml");
  CHECK(own(find_configuration_files(search)) == Paths{outer, user});
  folders.make(folders.project() + "/pyproject.toml");
  CHECK(own(find_configuration_files(search)) == Paths{inner, user});
  CHECK(own(find_configuration_files({.directory = search.directory, .use_project = false})) == Paths{user});
}

TEST_CASE("uv's files: uv.toml before pyproject.toml, near before far, around the script before here") {
  const Folders folders;
  const std::string outer = folders.make(folders.above() + "/uv.toml");
  const std::string project = folders.make(folders.project() + "/pyproject.toml");
  const std::string toml = folders.make(folders.project() + "/uv.toml");
  const std::string user = folders.make(folders.home() + "/.config/uv/uv.toml");
  const ConfigurationFiles files = find_configuration_files({.directory = folders.project()});
  CHECK(files.uv_project == Paths{toml, project, outer});
  CHECK(files.uv == Paths{user});
  const ConfigurationFiles around =
      find_configuration_files({.directory = folders.above(), .script_directory = folders.project()});
  CHECK(around.uv_project == Paths{toml, project, outer});
}

TEST_CASE("a file that does not exist yet is watched") {
  const Folders folders;
  const ConfigurationFiles files = find_configuration_files({.directory = folders.project()});
  CHECK(files.present.size() == own(files).size() + (files.present.empty() ? 0U : 1U));
  CHECK(files.candidates == Paths{folders.home() + "/.config/envstore/envstore.yaml",
                                  "/etc/envstore/envstore.yaml", folders.home() + "/.config/uv/uv.toml"});
}

TEST_CASE("a file that is named and missing is an error; named by a variable it counts, too") {
  const Folders folders;
  ::setenv("UV_CONFIG_FILE", (folders.above() + "/missing.toml").c_str(), 1);
  const ConfigurationSearch search = configuration_search(flags({}), {});
  CHECK(search.uv_file == folders.above() + "/missing.toml");
  CHECK_THROWS_AS(find_configuration_files(search), Error);
  CHECK(configuration_search(flags({"--config-file", "/other.toml"}), {}).uv_file == "/other.toml");
}

TEST_CASE("flags and variables narrow the search") {
  const Folders folders;
  CHECK(configuration_search(flags({}), {}).use_files);
  CHECK(configuration_search(flags({}), {}).use_project);
  CHECK_FALSE(configuration_search(flags({"--no-config"}), {}).use_files);
  CHECK_FALSE(configuration_search(flags({"--no-project"}), {}).use_project);
  CHECK_FALSE(configuration_search(flags({"--isolated"}), {}).use_project);
  CHECK(configuration_search(flags({}), "/a/b/c.py").script_directory == "/a/b");
  for (const char* name : {"UV_NO_PROJECT", "UV_ISOLATED"}) {
    ::setenv(name, "1", 1);
    CHECK_FALSE(configuration_search(flags({}), {}).use_project);
    ::unsetenv(name);
  }
  for (const char* name : {"UV_NO_CONFIG", "ENVSTORE_NO_CONFIG"}) {
    ::setenv(name, "yes", 1);
    CHECK_FALSE(configuration_search(flags({}), {}).use_files);
    ::setenv(name, "no", 1);
    CHECK(configuration_search(flags({}), {}).use_files);
    ::unsetenv(name);
  }
}

TEST_CASE("pip's files: global, then the user's, then the one that is named") {
  const Folders folders;
  ::setenv("PIP_CONFIG_FILE", "/named.conf", 1);
  ::setenv("XDG_CONFIG_DIRS", "/x:relative:/y", 1);
  CHECK(pip_configuration_files() == Paths{"/x/pip/pip.conf", "/y/pip/pip.conf", "/etc/pip.conf",
                                           folders.home() + "/.pip/pip.conf",
                                           folders.home() + "/.config/pip/pip.conf", "/named.conf"});
  ::setenv("PIP_CONFIG_FILE", "/dev/null", 1);
  CHECK(pip_configuration_files().empty());
}

TEST_CASE("a later file of pip's overrides an earlier one, key by key") {
  const Folders folders;
  std::filesystem::create_directories(folders.home() + "/.pip");
  std::filesystem::create_directories(folders.home() + "/.config/pip");
  const std::string home = folders.home();
  create_file(AT_FDCWD, home + "/.pip/pip.conf", "[global]\nno-index = yes\nextra-index-url = /old\n", 0644);
  create_file(AT_FDCWD, home + "/.config/pip/pip.conf", "[global]\nextra-index-url = /new\n", 0644);
  ::unsetenv("PIP_CONFIG_FILE");
  ::setenv("XDG_CONFIG_DIRS", "/nowhere", 1);
  const SettingsLayer layer = read_pip_settings();
  CHECK(layer.is_on("no-index"));
  REQUIRE(layer.of("index").size() == 1);
  CHECK(layer.find("index")->value == "/new");
}

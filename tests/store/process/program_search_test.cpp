#include "store/process/program_search.h"

#include <doctest/doctest.h>

#include "tests/store/temporary_directory.h"

using namespace envstore;
using Result = FoundProgram::Result;

namespace {

struct World {
  World() {
    for (const char* name : {"first", "second"}) make_directory(directory.fd(), name, 0755);
    create_file(directory.fd(), "first/plain", "", 0644);
    create_file(directory.fd(), "second/plain", "", 0755);
    create_file(directory.fd(), "first/only-plain", "", 0644);
    make_directory(directory.fd(), "first/folder", 0755);
    path = directory.path() + "/first:" + directory.path() + "/second";
  }
  TemporaryDirectory directory;
  std::string path;
};

}  // namespace

TEST_CASE("PATH is split at colons, and an empty entry is the working directory") {
  CHECK(path_directories("/a:/b") == std::vector<std::string>{"/a", "/b"});
  CHECK(path_directories("/a::b:") == std::vector<std::string>{"/a", ".", "b", "."});
  CHECK(path_directories("") == std::vector<std::string>{"."});
}

TEST_CASE("the first executable file of the name is found, as by a shell") {
  const World world;
  const FoundProgram found = find_program("plain", world.path);
  CHECK(found.result == Result::found);
  CHECK(found.path == world.directory.path() + "/second/plain");
  CHECK(find_program("only-plain", world.path).result == Result::not_executable);
  CHECK(find_program("folder", world.path).result == Result::missing);
  CHECK(find_program("missing", world.path).result == Result::missing);
  CHECK(find_program("", world.path).result == Result::missing);
}

TEST_CASE("a name with a slash is a path, whatever PATH is") {
  const World world;
  const std::string folder = world.directory.path();
  CHECK(find_program(folder + "/second/plain", "").result == Result::found);
  CHECK(find_program(folder + "/first/plain", world.path).result == Result::not_executable);
  CHECK(find_program(folder + "/first/folder", "").result == Result::not_executable);
  CHECK(find_program(folder + "/missing", "").result == Result::missing);
  CHECK(is_executable_file(folder + "/second/plain"));
  CHECK_FALSE(is_executable_file(folder));
}

#include "gc/census/in_use.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "store/platform/files.h"
#include "tests/store/processes.h"
#include "tests/store/temporary_directory.h"
#include "tests/store/tree_world.h"

using namespace envstore;

namespace {

struct World {
  World() {
    make_directories(AT_FDCWD, folder + "/trees/ab", 0755);
    make_directories(AT_FDCWD, folder + "/trees/abc", 0755);
    create_file(AT_FDCWD, folder + "/trees/ab/file", std::string(5000, 'x'), 0644);
  }
  std::string tree() const { return folder + "/trees/ab"; }

  /// What processes_using finds while a process that has called `prepare` exists.
  std::vector<ProcessUse> seen(const std::function<void()>& prepare, const std::vector<std::string>& paths,
                               const std::vector<std::string>& leases = {}) const {
    Pipe ready;
    const Child child([&] {
      prepare();
      ready.tell();
      pause();
    });
    ready.hear();
    return processes_using(paths, leases);
  }
  /// The same for a program that was started with this environment variable.
  std::vector<ProcessUse> seen_with(const std::string& variable, const std::vector<std::string>& paths,
                                    const std::vector<std::string>& leases = {}) const {
    int gate[2], ready[2];
    if (pipe(gate) != 0 || pipe(ready) != 0) throw std::runtime_error("cannot make a pipe");
    Child child([&] {
      dup2(gate[0], 0);
      dup2(ready[1], 1);
      for (const int fd : {gate[0], gate[1], ready[0], ready[1]}) close(fd);
      const char* words[] = {"sh", "-c", "echo; read x", nullptr};
      const char* environment[] = {variable.c_str(), nullptr};
      execve("/bin/sh", const_cast<char**>(words), const_cast<char**>(environment));
      throw std::runtime_error("cannot start a shell");
    });
    char byte = 0;
    if (read(ready[0], &byte, 1) != 1) throw std::runtime_error("the shell did not start");
    auto uses = processes_using(paths, leases);
    for (const int fd : {gate[0], gate[1], ready[0], ready[1]}) close(fd);
    child.wait();
    return uses;
  }
  TemporaryDirectory directory;
  std::string folder = *real_path(directory.path());
};

}  // namespace

TEST_CASE("a process is seen by its working directory, its maps and its open files") {
  const World world;
  std::string kind;
  std::function<void()> prepare;
  SUBCASE("working directory") {
    kind = "cwd";
    prepare = [&] {
      if (chdir(world.tree().c_str()) != 0) throw std::runtime_error("chdir");
    };
  }
  SUBCASE("maps, with the file closed again") {
    kind = "maps";
    prepare = [&] {
      const Fd file = open_file(AT_FDCWD, world.tree() + "/file", O_RDONLY);
      if (mmap(nullptr, 5000, PROT_READ, MAP_PRIVATE, file.get(), 0) == MAP_FAILED)
        throw std::runtime_error("mmap");
    };
  }
  SUBCASE("open file") {
    kind = "fd";
    prepare = [&] { open_file(AT_FDCWD, world.tree() + "/file", O_RDONLY).release(); };
  }
  const auto uses = world.seen(prepare, {world.tree()});
  REQUIRE(uses.size() == 1);
  CHECK(uses[0].evidence == kind + " " + world.tree());
  CHECK(!uses[0].command.empty());
  CHECK(uses[0].pid > 0);
}

TEST_CASE("a process is seen by what its environment names: a path in PATH, or a lease") {
  const World world;
  auto uses = world.seen_with("PATH=/usr/bin:" + world.tree() + "/bin:/bin", {world.tree()});
  REQUIRE(uses.size() == 1);
  CHECK(uses[0].evidence == "environ " + world.tree());
  CHECK(uses[0].command == "sh -c echo; read x");
  uses = world.seen_with("ENVSTORE_LEASE=abc", {}, {"xyz", "abc"});
  REQUIRE(uses.size() == 1);
  CHECK(uses[0].evidence == "environ abc");
  CHECK(world.seen_with("ENVSTORE_LEASE=abcd", {}, {"abc"}).empty());
  CHECK(world.seen_with("MY_ENVSTORE_LEASE=abc", {}, {"abc"}).empty());
}

TEST_CASE("a longer name that begins alike is another path") {
  const World world;
  const auto prepare = [&] {
    if (chdir((world.folder + "/trees/abc").c_str()) != 0) throw std::runtime_error("chdir");
  };
  CHECK(world.seen(prepare, {world.tree()}).empty());
}

TEST_CASE("every path that a process uses is found") {
  const World world;
  Pipe ready;
  const Child child([&] {
    if (chdir(world.tree().c_str()) != 0) throw std::runtime_error("chdir");
    open_directory(AT_FDCWD, world.folder + "/trees/abc").release();
    ready.tell();
    pause();
  });
  ready.hear();
  std::vector<std::string> found;
  for (const PathUse& use :
       paths_in_use({world.tree(), world.folder + "/trees/abc", world.folder + "/trees/x"}))
    found.push_back(use.path);
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector{world.tree(), world.folder + "/trees/abc"});
}

TEST_CASE("no paths and no leases have no users") {
  CHECK(processes_using({}, {}).empty());
}

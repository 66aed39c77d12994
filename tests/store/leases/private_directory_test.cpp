#include "store/leases/private_directory.h"

#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <cstdlib>

#include "store/platform/environment.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

/// Sets XDG_RUNTIME_DIR to a directory of the test.
class RuntimeWorld {
 public:
  RuntimeWorld() { setenv("XDG_RUNTIME_DIR", directory_.path().c_str(), 1); }
  RuntimeWorld(const RuntimeWorld&) = delete;
  RuntimeWorld& operator=(const RuntimeWorld&) = delete;
  ~RuntimeWorld() {
    if (before_)
      setenv("XDG_RUNTIME_DIR", before_->c_str(), 1);
    else
      unsetenv("XDG_RUNTIME_DIR");
  }
  const std::string& path() const { return directory_.path(); }
  std::size_t entries() const { return list_directory(directory_.fd(), ".").size(); }

 private:
  std::optional<std::string> before_ = find_variable("XDG_RUNTIME_DIR");
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a private directory lies in the runtime directory, is locked, and for its user alone") {
  const RuntimeWorld world;
  const PrivateDirectory made = make_private_directory();
  CHECK(made.path == world.path() + "/envstore-" + made.name);
  CHECK(made.name.size() == 32);
  CHECK((stat_at(AT_FDCWD, made.path, Links::do_not_follow)->mode & 07777) == 0700);
  const Fd other = open_directory(AT_FDCWD, made.path);
  CHECK(flock(other.get(), LOCK_SH | LOCK_NB) != 0);
}

TEST_CASE("a private directory is removed unless its lock is held") {
  const RuntimeWorld world;
  {
    const PrivateDirectory held = make_private_directory();
    create_file(AT_FDCWD, held.path + "/mine", "", 0600);
    remove_dead_private_directories();
    CHECK(stat_at(AT_FDCWD, held.path + "/mine", Links::do_not_follow));
  }
  CHECK(remove_dead_private_directories() >= 1);
  CHECK(world.entries() == 0);
}

TEST_CASE("what only looks like a private directory is left alone") {
  const RuntimeWorld world;
  const std::string target = world.path() + "/precious";
  make_directory(AT_FDCWD, target, 0700);
  symlink_at(target, AT_FDCWD, world.path() + "/envstore-" + std::string(32, 'a'));
  make_directory(AT_FDCWD, world.path() + "/envstore-" + std::string(31, 'a'), 0700);
  make_directory(AT_FDCWD, world.path() + "/envstore-" + std::string(32, 'g'), 0700);
  create_file(AT_FDCWD, world.path() + "/envstore-" + std::string(32, 'b'), "", 0600);
  remove_dead_private_directories();
  CHECK(world.entries() == 5);
}

TEST_CASE("where the runtime directory cannot be used, /tmp is") {
  const RuntimeWorld world;
  setenv("XDG_RUNTIME_DIR", (world.path() + "/missing").c_str(), 1);
  const PrivateDirectory made = make_private_directory();
  CHECK(made.path.starts_with("/tmp/envstore-"));
  remove_tree(AT_FDCWD, made.path);
}

TEST_CASE("a path in a private directory is recognised by its name") {
  const RuntimeWorld world;
  const std::string directory = world.path() + "/envstore-" + std::string(32, '0');
  CHECK(is_in_private_directory(directory));
  CHECK(is_in_private_directory(directory + "/scratch/bin"));
  CHECK(is_in_private_directory("/tmp/envstore-" + std::string(32, '0') + "/scratch"));
  CHECK_FALSE(is_in_private_directory(directory + "0/scratch"));
  CHECK_FALSE(is_in_private_directory(world.path()));
  CHECK_FALSE(is_in_private_directory("/usr/bin"));
}

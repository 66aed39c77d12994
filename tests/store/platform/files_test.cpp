#include "store/platform/files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/lock.h"
#include "store/platform/random.h"
#include "tests/store/processes.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

std::optional<ErrorKind> kind_of(const std::function<void()>& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.kind();
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("a tree goes with everything in it, and what its links point to stays") {
  TemporaryDirectory directory;
  create_file(directory.fd(), "outside", "kept", 0600);
  make_directories(directory.fd(), "elsewhere/kept", 0700);
  make_directories(directory.fd(), "tree/a/b/c", 0700);
  create_file(directory.fd(), "tree/a/file", "x", 0444);
  symlink_at("../../elsewhere", directory.fd(), "tree/a/link");
  symlink_at("../outside", directory.fd(), "tree/outside");
  remove_tree(directory.fd(), "tree");
  CHECK_FALSE(stat_at(directory.fd(), "tree", Links::do_not_follow));
  CHECK(read_file(directory.fd(), "outside") == "kept");
  CHECK(stat_at(directory.fd(), "elsewhere/kept", Links::do_not_follow));
  remove_tree(directory.fd(), "tree");
  remove_tree(directory.fd(), "not/there/at/all");
  symlink_at("elsewhere", directory.fd(), "link");
  remove_tree(directory.fd(), "link");
  CHECK(stat_at(directory.fd(), "elsewhere/kept", Links::do_not_follow));
}

TEST_CASE("a tree deeper than any path and than any number of open files can be removed") {
  TemporaryDirectory directory;
  make_directory(directory.fd(), "deep", 0700);
  Fd here = open_directory(directory.fd(), "deep");
  for (int depth = 0; depth < 3000; ++depth) {
    make_directory(here.get(), "level", 0700);
    here = open_directory(here.get(), "level");
  }
  remove_tree(directory.fd(), "deep");
  CHECK_FALSE(stat_at(directory.fd(), "deep", Links::do_not_follow));
}

TEST_CASE("an ordinary user removes directories without any permission") {
  TemporaryDirectory directory;
  make_directories(directory.fd(), "tree/a/b", 0700);
  create_file(directory.fd(), "tree/a/b/file", "x", 0444);
  for (const mode_t mode : {mode_t{0555}, mode_t{0444}, mode_t{0}}) {
    make_directories(directory.fd(), "tree/a/b", 0700);
    make_directory_if_missing(directory.fd(), "tree/a/c", 0700);
    Child user([&] {
      if (geteuid() == 0 && (fchown(directory.fd(), 12345, 12345) != 0 || setgid(12345) != 0)) _exit(2);
      for (const char* path : {"tree", "tree/a", "tree/a/b", "tree/a/c", "tree/a/b/file"})
        if (geteuid() == 0) static_cast<void>(fchownat(directory.fd(), path, 12345, 12345, 0));
      if (geteuid() == 0 && setuid(12345) != 0) _exit(3);
      for (const char* path : {"tree/a/b", "tree/a/c", "tree/a", "tree"})
        if (fchmodat(directory.fd(), path, mode, 0) != 0) _exit(4);
      remove_tree(directory.fd(), "tree");
    });
    CHECK(user.wait() == 0);
    CHECK_FALSE(stat_at(directory.fd(), "tree", Links::do_not_follow));
  }
}

TEST_CASE("a file gets the requested mode, whatever the umask") {
  TemporaryDirectory directory;
  const mode_t before = umask(0777);
  create_file(directory.fd(), "file", "text", 0640);
  umask(before);
  CHECK((stat_at(directory.fd(), "file", Links::do_not_follow)->mode & 07777) == 0640);
  CHECK(kind_of([&] { create_file(directory.fd(), "file", "other", 0600); }) == ErrorKind::io);
  CHECK(read_file(directory.fd(), "file") == "text");
}

TEST_CASE("replacing a file leaves the old content or the new one, and no temporary file") {
  TemporaryDirectory directory;
  replace_file(directory.fd(), "file", "one", 0600);
  replace_file(directory.fd(), "file", "two", 0600);
  CHECK(read_file(directory.fd(), "file") == "two");
  make_directories(directory.fd(), "folder/full", 0700);
  CHECK(kind_of([&] { replace_file(directory.fd(), "folder", "x", 0600); }));
  CHECK(list_directory(directory.fd(), ".").size() == 2);
}

TEST_CASE("reading distinguishes absence, a link as the last component, and a file over the limit") {
  TemporaryDirectory directory;
  CHECK_FALSE(try_read_file(directory.fd(), "absent"));
  std::string message;
  CHECK(kind_of([&] { static_cast<void>(read_file(directory.fd(), "absent")); }, &message) ==
        ErrorKind::not_found);
  CHECK(message == "cannot open '" + directory.path() + "/absent': No such file or directory");
  create_file(directory.fd(), "ten", "0123456789", 0600);
  CHECK(read_file(directory.fd(), "ten", 10) == "0123456789");
  CHECK(kind_of([&] { static_cast<void>(read_file(directory.fd(), "ten", 9)); }) == ErrorKind::invalid_input);
  symlink_at("ten", directory.fd(), "link");
  CHECK(kind_of([&] { static_cast<void>(read_file(directory.fd(), "link")); }) == ErrorKind::damaged);
  CHECK(read_link(directory.fd(), "link") == "ten");
  CHECK(read_file(AT_FDCWD, "/proc/self/status").find("Name:") == 0);
  create_file(directory.fd(), "empty", "", 0600);
  CHECK(read_file(directory.fd(), "empty").empty());
  CHECK(MappedFile::open(directory.fd(), "empty").bytes().empty());
  CHECK(MappedFile::open(directory.fd(), "ten").bytes().size() == 10);
}

TEST_CASE("a rename to a new name never replaces a file") {
  TemporaryDirectory directory;
  create_file(directory.fd(), "a", "a", 0600);
  create_file(directory.fd(), "b", "b", 0600);
  CHECK_FALSE(rename_new(directory.fd(), "a", directory.fd(), "b"));
  CHECK(read_file(directory.fd(), "b") == "b");
  CHECK(rename_new(directory.fd(), "a", directory.fd(), "c"));
  CHECK(link_at(directory.fd(), "b", directory.fd(), "c") == LinkResult::exists);
  CHECK(link_at(directory.fd(), "b", directory.fd(), "d") == LinkResult::linked);
  CHECK(stat_at(directory.fd(), "d", Links::do_not_follow)->links == 2);
}

TEST_CASE("making a directory that is a file is an error, and one that is there is not") {
  TemporaryDirectory directory;
  create_file(directory.fd(), "file", "", 0600);
  CHECK(make_directory_if_missing(directory.fd(), "folder", 0700));
  CHECK_FALSE(make_directory_if_missing(directory.fd(), "folder", 0700));
  CHECK(kind_of([&] { make_directory_if_missing(directory.fd(), "file", 0700); }));
  CHECK(kind_of([&] { make_directory(directory.fd(), "folder", 0700); }));
}

TEST_CASE("paths become absolute by their text alone") {
  CHECK(absolute_path("/a/./b//../c/") == "/a/c");
  CHECK(absolute_path("/../..") == "/");
  CHECK(absolute_path("x") == current_directory() + "/x");
  CHECK_FALSE(real_path("/not/there"));
}

TEST_CASE("a lock excludes within one process too, and goes with the last descriptor") {
  TemporaryDirectory directory;
  const Fd one = open_file(directory.fd(), "lock", O_RDWR | O_CREAT, 0600);
  {
    const Fd two = open_file(directory.fd(), "lock", O_RDWR);
    CHECK(try_lock(two.get(), 0, LockMode::shared));
    CHECK(try_lock(one.get(), 0, LockMode::shared));
    CHECK_FALSE(try_lock(one.get(), 0, LockMode::exclusive));
    CHECK_FALSE(is_lock_free(one.get(), 0));
    CHECK(is_lock_free(one.get(), 1));
    CHECK(try_lock(one.get(), 1, LockMode::exclusive));
    CHECK_FALSE(is_lock_free(two.get(), 1));
  }
  CHECK(try_lock(one.get(), 0, LockMode::exclusive));
  const auto named = FileLock::attempt(directory.fd(), "named", LockMode::exclusive);
  CHECK(named);
  CHECK_FALSE(FileLock::attempt(directory.fd(), "named", LockMode::exclusive));
}

TEST_CASE("filesystems have names, and only those with locks and links are allowed") {
  const Fd proc = open_directory(AT_FDCWD, "/proc");
  CHECK_FALSE(is_allowed_for_index(filesystem_kind(proc.get())));
  for (const char* kind : {"nfs", "fuse", "9p", "cifs", "0x12345"}) CHECK_FALSE(is_allowed_for_index(kind));
  for (const char* kind : {"ext4", "xfs", "btrfs", "tmpfs", "overlayfs", "zfs", "bcachefs", "f2fs"})
    CHECK(is_allowed_for_index(kind));
  CHECK(boot_id().size() == 36);
  CHECK(random_name().size() == 32);
  CHECK(random_name() != random_name());
}

TEST_CASE("anything but a regular file is an error, and opening it does not block") {
  TemporaryDirectory directory;
  REQUIRE(mkfifoat(directory.fd(), "fifo", 0600) == 0);
  make_directory(directory.fd(), "folder", 0700);
  for (const std::string name : {"fifo", "folder"}) {
    CHECK(kind_of([&] { static_cast<void>(read_file(directory.fd(), name)); }) == ErrorKind::damaged);
    CHECK(kind_of([&] { static_cast<void>(try_read_file(directory.fd(), name)); }) == ErrorKind::damaged);
    CHECK(kind_of([&] { static_cast<void>(MappedFile::open(directory.fd(), name)); }) == ErrorKind::damaged);
  }
}

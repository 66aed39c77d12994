#include "store/index/store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/platform/error.h"
#include "store/platform/store_paths.h"
#include "tests/store/builders.h"
#include "tests/store/processes.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

const SystemClock kClock;

std::optional<ErrorKind> refusal(const std::string& path) {
  try {
    static_cast<void>(Store::open(path, kClock));
  } catch (const Error& error) {
    return error.kind();
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("a store is made where there is none, its parents too, for its user alone") {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/some/where/store";
  Store store = Store::open(path, kClock);
  CHECK(store.path() == path);
  CHECK_FALSE(store.is_read_only());
  CHECK((stat_at(AT_FDCWD, path, Links::follow)->mode & 07777) == 0700);
  CHECK(read_file(store.root(), store_paths::kFormatFile) == "1\n");
  CHECK(read_file(store.root(), store_paths::kCacheTag)
            .starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
  for (const char* folder : {store_paths::kObjects, store_paths::kTrees, store_paths::kLeases,
                             store_paths::kTmp, store_paths::kLocks})
    CHECK(stat_at(store.root(), folder, Links::do_not_follow)->is_directory());
}

TEST_CASE("50 processes that open a store at once all get the same whole one") {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/store";
  std::vector<Child> all = children(50, [&](int number) {
    Store store = Store::open(path, kClock);
    Index::Write transaction = store.index().write();
    transaction.put(a_blob(std::to_string(number)), a_blob_row(1));
    transaction.commit();
  });
  for (Child& child : all) CHECK(child.wait() == 0);
  Store store = Store::open(path, kClock);
  std::size_t rows = 0;
  store.index().read().each_blob([&](const BlobId&, const BlobRow&) { return ++rows > 0; });
  CHECK(rows == 50);
  CHECK(list_directory(store.root(), store_paths::kTmp).empty());
}

TEST_CASE("a store that died while it was made is completed by the next one") {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/store";
  make_directories(AT_FDCWD, path + "/objects", 0700);
  SUBCASE("before the format") {}
  SUBCASE("with an empty format, as a power cut leaves it") {
    create_file(AT_FDCWD, path + "/format", "", 0600);
  }
  SUBCASE("while the format was written") {
    create_file(AT_FDCWD, path + "/format.new-abc", "", 0600);
  }
  const Store store = Store::open(path, kClock);
  CHECK(read_file(store.root(), store_paths::kFormatFile) == "1\n");
}

TEST_CASE("what is no store of this user's is refused") {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/store";
  make_directory(AT_FDCWD, path, 0700);
  SUBCASE("writable by the group") {
    REQUIRE(chmod(path.c_str(), 0770) == 0);
    CHECK(refusal(path) == ErrorKind::permission);
  }
  SUBCASE("of a newer format") {
    create_file(AT_FDCWD, path + "/format", "2\n", 0600);
    CHECK(refusal(path) == ErrorKind::unsupported);
  }
  SUBCASE("with a format that is no number") {
    create_file(AT_FDCWD, path + "/format", "one\n", 0600);
    CHECK(refusal(path) == ErrorKind::damaged);
  }
  SUBCASE("somebody's folder") {
    create_file(AT_FDCWD, path + "/thesis.tex", "", 0600);
    CHECK(refusal(path) == ErrorKind::usage);
    CHECK_FALSE(stat_at(AT_FDCWD, path + "/objects", Links::follow));
  }
  SUBCASE("a file") {
    REQUIRE(rmdir(path.c_str()) == 0);
    create_file(AT_FDCWD, path, "", 0600);
    CHECK(refusal(path) == ErrorKind::not_found);
  }
  SUBCASE("another user's") {
    if (geteuid() == 0) {
      REQUIRE(chown(path.c_str(), 12345, 12345) == 0);
      CHECK(refusal(path) == ErrorKind::permission);
    } else {
      CHECK(refusal("/") == ErrorKind::permission);
    }
  }
  SUBCASE("on a filesystem that is not on the list") {
    CHECK(refusal("/proc/self/fdinfo").has_value());
  }
}

TEST_CASE("the store's path follows ENVSTORE_ROOT, then the XDG cache, then the home directory") {
  Child child([] {
    const auto is = [](const std::string& wanted) {
      if (Store::default_root() != wanted)
        throw std::runtime_error(Store::default_root() + " is not " + wanted);
    };
    setenv("HOME", "/home/somebody", 1);
    setenv("XDG_CACHE_HOME", "/xdg", 1);
    setenv("ENVSTORE_ROOT", "/root-of-it", 1);
    is("/root-of-it");
    unsetenv("ENVSTORE_ROOT");
    is("/xdg/envstore");
    setenv("XDG_CACHE_HOME", "relative/is/ignored", 1);
    is("/home/somebody/.cache/envstore");
  });
  CHECK(child.wait() == 0);
}

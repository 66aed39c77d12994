#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "skip.h"
#include "store/index/index.h"
#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/store_paths.h"
#include "tests/store/builders.h"
#include "tests/store/processes.h"
#include "tests/store/sanitizers.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

void put(Index& index, std::string_view name, std::uint64_t size) {
  Index::Write transaction = index.write();
  transaction.put(a_blob(name), a_blob_row(size));
  transaction.commit();
}

std::optional<ErrorKind> kind_of(const std::function<void()>& work, std::string* hint = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (hint != nullptr) *hint = error.hint();
    return error.kind();
  }
  return std::nullopt;
}

void cut(int root, const std::string& path, off_t length) {
  const Fd file = open_file(root, path, O_RDWR);
  REQUIRE(ftruncate(file.get(), length) == 0);
}

void scribble(int root, const std::string& path, off_t from, off_t to) {
  const Fd file = open_file(root, path, O_RDWR);
  const std::string garbage(static_cast<std::size_t>(to - from), '\xa5');
  REQUIRE(pwrite(file.get(), garbage.data(), garbage.size(), from) == to - from);
}

constexpr const char* kDurableFile = "index/data.mdb";

}  // namespace

TEST_CASE("a store with trees and no index is damaged, with a hint") {
  TemporaryDirectory directory;
  make_directories(directory.fd(), "trees/abc", 0700);
  Index index(directory.fd(), Index::Access::read_write);
  std::string hint;
  CHECK(kind_of([&] { static_cast<void>(index.read()); }, &hint) == ErrorKind::damaged);
  CHECK(hint.find("envstore verify --rebuild-index") != std::string::npos);
  SUBCASE("made anew, it works") {
    index.recreate();
    put(index, "a", 1);
    CHECK(index.read().blob(a_blob("a"))->size == 1);
  }
}

TEST_CASE("an index whose first pages are garbage or missing is damaged") {
  TemporaryDirectory directory;
  {
    Index index(directory.fd(), Index::Access::read_write);
    put(index, "a", 1);
    index.promote(Index::Wait::yes);
  }
  SUBCASE("empty") {
    cut(directory.fd(), kDurableFile, 0);
  }
  SUBCASE("one page") {
    cut(directory.fd(), kDurableFile, 4096);
  }
  SUBCASE("garbage") {
    scribble(directory.fd(), kDurableFile, 0, 8192);
  }
  Index index(directory.fd(), Index::Access::read_write);
  std::string hint;
  CHECK(kind_of([&] { static_cast<void>(index.read().blob(a_blob("b"))); }, &hint) == ErrorKind::damaged);
  CHECK(hint.find("--rebuild-index") != std::string::npos);
}

TEST_CASE(
    "an index cut short at any page, or with any page overwritten by zeros, gives an error and no crash") {
  TemporaryDirectory directory;
  {
    Index index(directory.fd(), Index::Access::read_write);
    Index::Write transaction = index.write();
    for (int i = 0; i < 300; ++i) transaction.put(a_blob(std::to_string(i)), a_blob_row(1));
    transaction.commit();
    index.promote(Index::Wait::yes);
  }
  const std::string whole = read_file(directory.fd(), kDurableFile);
  const std::size_t pages = whole.size() / 4096;
  REQUIRE(pages > 5);
  int found = 0;
  for (std::size_t page = 2; page < pages; ++page) {
    for (const bool cuts : {true, false}) {
      std::string broken = whole.substr(0, cuts ? page * 4096 : whole.size());
      if (!cuts) broken.replace(page * 4096, 4096, std::string(4096, '\0'));
      replace_file(directory.fd(), kDurableFile, broken, 0600);
      Child reader([&] {
        Index index(directory.fd(), Index::Access::read_write);
        std::size_t rows = 0;
        const auto kind = kind_of(
            [&] { index.read().each_blob([&](const BlobId&, const BlobRow&) { return ++rows > 0; }); });
        // The loss of a page without rows may go unnoticed.
        _exit(kind == ErrorKind::damaged ? 10 : kind ? 11 : rows == 300 ? 12 : 13);
      });
      const int code = reader.wait();
      CHECK((code == 10 || code == 12));
      found += code == 10;
    }
  }
  CHECK(found > 5);
}

TEST_CASE("a row with bytes that no version wrote is damage, not a guess") {
  TemporaryDirectory directory;
  Index index(directory.fd(), Index::Access::read_write);
  put(index, "a", 1);
  index.promote(Index::Wait::yes);
  std::string bytes = read_file(directory.fd(), kDurableFile);
  const auto id = a_blob("a").bytes;
  const std::size_t at = bytes.rfind(std::string(reinterpret_cast<const char*>(id.data()), id.size()));
  REQUIRE(at != std::string::npos);
  bytes[at + id.size()] = '\x7f';  // the version
  replace_file(directory.fd(), kDurableFile, bytes, 0600);
  CHECK(kind_of([&] { static_cast<void>(index.read().blob(a_blob("a"))); }) == ErrorKind::damaged);
}

TEST_CASE("a small address space is enough") {
  if (kReservesAddressSpace) SKIP_TEST("the sanitizer reserves address space");
  TemporaryDirectory directory;
  Child child([&] {
    const rlimit limit{.rlim_cur = rlim_t{1} << 30, .rlim_max = rlim_t{1} << 30};
    if (setrlimit(RLIMIT_AS, &limit) != 0) throw std::runtime_error("setrlimit");
    Index index(directory.fd(), Index::Access::read_write);
    put(index, "a", 5);
    index.promote(Index::Wait::yes);
    if (index.read().blob(a_blob("a"))->size != 5) throw std::runtime_error("not there");
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("a read-only store is read, unpromoted rows included, and refuses to be written") {
  TemporaryDirectory directory;
  {
    Index index(directory.fd(), Index::Access::read_write);
    put(index, "a", 1);
    index.promote(Index::Wait::yes);
    put(index, "b", 2);
  }
  Index index(directory.fd(), Index::Access::read_only);
  CHECK(index.read().blob(a_blob("a"))->size == 1);
  CHECK(index.read().blob(a_blob("b"))->size == 2);
  CHECK(kind_of([&] { static_cast<void>(index.write()); }) == ErrorKind::permission);
  CHECK(index.promote(Index::Wait::yes));
  remove_tree(directory.fd(), store_paths::kVolatile);
  remove_tree(directory.fd(), store_paths::kLocks);
  Index baked(directory.fd(), Index::Access::read_only);
  CHECK(baked.read().blob(a_blob("a"))->size == 1);
  CHECK_FALSE(baked.read().blob(a_blob("b")));
}

TEST_CASE("the volatile directory of another boot is left alone until it is removed by name") {
  TemporaryDirectory directory;
  make_directories(directory.fd(), "volatile/00000000-0000-0000-0000-000000000000", 0700);
  Index index(directory.fd(), Index::Access::read_write);
  put(index, "a", 1);
  REQUIRE(index.other_boots() == std::vector<std::string>{"00000000-0000-0000-0000-000000000000"});
  index.remove_boot("00000000-0000-0000-0000-000000000000");
  CHECK(index.other_boots().empty());
  CHECK_THROWS_AS(index.remove_boot(boot_id()), std::logic_error);
  CHECK_THROWS_AS(index.remove_boot("../trees"), std::logic_error);
  CHECK(index.read().blob(a_blob("a"))->size == 1);
}

TEST_CASE("other processes use a recreated index from their next transaction on") {
  TemporaryDirectory directory;
  Index first(directory.fd(), Index::Access::read_write);
  Index second(directory.fd(), Index::Access::read_write);
  put(first, "a", 1);
  first.promote(Index::Wait::yes);
  put(first, "b", 2);
  CHECK(second.read().blob(a_blob("a")));
  first.recreate();
  CHECK_FALSE(second.read().blob(a_blob("a")));
  CHECK_FALSE(second.read().blob(a_blob("b")));
  put(second, "c", 3);
  CHECK(first.read().blob(a_blob("c"))->size == 3);
  CHECK(list_directory(directory.fd(), store_paths::kTrash).size() == 2);
}

namespace {

/// Runs `work` in a child process that has a tmpfs of 1 MiB on `path`; exit code 77: mounts are not permitted
/// here.
void in_small_tmpfs(const std::string& path, const std::function<void(int root)>& work) {
  Child child([&] {
    if (!enter_namespaces(CLONE_NEWNS)) _exit(77);
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(77);
    if (mount("tmpfs", path.c_str(), "tmpfs", 0, "size=1m") != 0) _exit(77);
    const Fd root = open_directory(AT_FDCWD, path);
    work(root.get());
  });
  const int code = child.wait();
  if (code == 77)
    SKIP_TEST("this user may not mount a tmpfs");
  else
    CHECK(code == 0);
}

void require(bool fact, const char* what) {
  if (!fact) throw std::runtime_error(what);
}

/// Commits until the disk is full; returns how many rows were committed.
int fill(Index& index, const std::function<Index::Write()>& begin) {
  for (int i = 0; i < 100'000; ++i) {
    const auto kind = kind_of([&] {
      Index::Write transaction = begin();
      for (int row = 0; row < 50; ++row)
        transaction.put_document(std::to_string(i * 50 + row), {.etag = "", .body = std::string(500, 'x')});
      transaction.commit();
    });
    if (!kind) continue;
    require(kind == ErrorKind::no_space, "full, but told otherwise");
    require(!index.read().document(std::to_string(i * 50)), "a failed transaction left a row");
    return i * 50;
  }
  throw std::runtime_error("a tmpfs of one MiB never fills");
}

}  // namespace

TEST_CASE(
    "a full disk is reported as such, loses no committed row, and writes work again once there is room") {
  TemporaryDirectory directory;
  in_small_tmpfs(directory.path(), [](int root) {
    create_file(root, "ballast", std::string(200'000, 'b'), 0600);
    Index index(root, Index::Access::read_write);
    const int rows = fill(index, [&] { return index.write(); });
    require(rows > 100, "hardly anything fits");
    for (int i = 0; i < rows; ++i)
      require(index.read().document(std::to_string(i)).has_value(), "a row was lost");
    unlink_if_there(root, "ballast");
    put(index, "after", 1);
    require(index.read().blob(a_blob("after"))->size == 1, "not written after there was room");
  });
}

TEST_CASE("a durable write that the disk has no room for is undone on both sides") {
  TemporaryDirectory directory;
  in_small_tmpfs(directory.path(), [](int root) {
    Index index(root, Index::Access::read_write);
    const int rows = fill(index, [&] { return index.durable_write(); });
    for (int i = 0; i < rows; ++i)
      require(index.read().document(std::to_string(i)).has_value(), "a row was lost");
  });
}

#include "python/index/metadata_finder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "python/network/url.h"
#include "store/platform/clock.h"
#include "store/platform/error.h"
#include "tests/python/index/fake_http.h"
#include "tests/store/temporary_directory.h"
#include "zip_builder.h"

using namespace envstore;
using envstore::testing::FakeHttp;

namespace {

const std::string kFilename = "Demo_Pkg-1.0-py3-none-any.whl";
const std::string kUrl = "https://index.invalid/" + kFilename;
const std::string kFields = "Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.0";
const std::string kMetadata = kFields + "\n\nA long description.\n";

std::string a_wheel(const std::string& metadata = kMetadata,
                    const std::string& folder = "demo_pkg-1.0.dist-info") {
  return zip::test::zip_of({{.name = "demo.bin", .content = std::string(100'000, 'x')},
                            {.name = "other-1.0.dist-info/METADATA", .content = "Name: other\n"},
                            {.name = folder + "/METADATA", .content = metadata, .deflate = true}});
}

IndexFile a_file() {
  IndexFile file;
  file.filename = kFilename;
  file.url = kUrl;
  return file;
}

std::string digest_of(const std::string& text) {
  return to_hex(sha256(as_bytes(text)));
}

struct World {
  explicit World(bool offline = false) { settings.offline = offline; }
  MetadataFinder finder() { return {store, settings, cache, http}; }

  TemporaryDirectory folder;
  SystemClock clock;
  Store store = Store::open(folder / "store", clock);
  IndexSettings settings;
  DocumentCache cache{store};
  FakeHttp http;
};

ErrorKind failure(World& world, const IndexFile& file, Reach reach = Reach::network) {
  MetadataFinder finder = world.finder();
  try {
    finder.find(file, reach);
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("no error");
  return ErrorKind::io;
}

}  // namespace

TEST_CASE("advertised metadata is fetched beside the file, without its description, and kept") {
  World world;
  IndexFile file = a_file();
  file.url += "?token=1";
  file.has_metadata = true;
  file.metadata_hashes = {{"sha256", digest_of(kMetadata)}};
  world.http.pages[kUrl + ".metadata?token=1"] = {kMetadata};
  MetadataFinder finder = world.finder();
  CHECK(finder.find(file, Reach::cache) == std::nullopt);
  CHECK(finder.find(file, Reach::network) == kFields);
  CHECK(finder.find(file, Reach::cache) == kFields);
  CHECK(world.http.requests.size() == 1);
}

TEST_CASE("advertised metadata that differs from its hash is refused") {
  World world;
  IndexFile file = a_file();
  file.has_metadata = true;
  file.metadata_hashes = {{"sha256", std::string(64, '0')}};
  world.http.pages[kUrl + ".metadata"] = {kMetadata};
  CHECK(failure(world, file) == ErrorKind::invalid_input);
}

TEST_CASE("advertised metadata that is missing is read from the wheel instead, and not kept if it differs") {
  World world;
  IndexFile file = a_file();
  file.has_metadata = true;
  file.metadata_hashes = {{"sha256", std::string(64, '0')}};
  world.http.pages[kUrl] = {a_wheel()};
  MetadataFinder finder = world.finder();
  CHECK(finder.find(file, Reach::network) == kFields);
  CHECK(finder.find(file, Reach::cache) == std::nullopt);
}

TEST_CASE("a range read transfers a part of the wheel and finds its size") {
  World world;
  world.http.pages[kUrl] = {a_wheel()};
  MetadataFinder finder = world.finder();
  CHECK_FALSE(finder.size_of(a_file()));
  CHECK(finder.find(a_file(), Reach::network) == kFields);
  CHECK(finder.size_of(a_file()) == a_wheel().size());
  CHECK(world.http.requests.front().range);
  CHECK_FALSE(finder.take_wheel(kUrl));
}

TEST_CASE("without ranges the whole wheel is downloaded, and handed out once") {
  World world;
  world.http.has_ranges = false;
  std::string wheel = a_wheel();
  world.http.pages[kUrl] = {wheel};
  SUBCASE("of a server that answers a range with the whole file") {}
  SUBCASE("of a server that refuses ranges") {
    wheel = a_wheel(kMetadata + std::string(200'000, 'y'));
    world.http.pages[kUrl] = {wheel};
  }
  MetadataFinder finder = world.finder();
  CHECK(finder.find(a_file(), Reach::network) == kFields);
  const Fd whole = finder.take_wheel(kUrl);
  if (whole) {
    struct stat status {};
    REQUIRE(fstat(whole.get(), &status) == 0);
    CHECK(static_cast<std::size_t>(status.st_size) == wheel.size());
  }
  CHECK_FALSE(finder.take_wheel(kUrl));
}

TEST_CASE("metadata of another project or version than the file's name is refused") {
  for (const char* fields : {"Metadata-Version: 2.1\nName: other\nVersion: 1.0\n",
                             "Metadata-Version: 2.1\nName: demo-pkg\nVersion: 2.0\n"}) {
    World world;
    IndexFile file = a_file();
    file.has_metadata = true;
    world.http.pages[kUrl + ".metadata"] = {fields};
    CHECK(failure(world, file) == ErrorKind::invalid_input);
    CHECK(world.finder().find(file, Reach::cache) == std::nullopt);
  }
}

TEST_CASE(
    "metadata without a hash of its own is kept per URL, so that one index does not supply it for another") {
  World world;
  IndexFile here = a_file(), there = a_file();
  here.has_metadata = there.has_metadata = true;
  here.hashes = there.hashes = {{"sha256", std::string(64, 'a')}};
  there.url = "https://other.invalid/" + kFilename;
  world.http.pages[kUrl + ".metadata"] = {kMetadata};
  MetadataFinder finder = world.finder();
  CHECK(finder.find(here, Reach::network) == kFields);
  CHECK(finder.find(here, Reach::cache) == kFields);
  CHECK(finder.find(there, Reach::cache) == std::nullopt);
  finder.forget(here);
  CHECK(finder.find(here, Reach::cache) == std::nullopt);
}

TEST_CASE("offline, metadata that is not cached is an error, and nothing is requested") {
  World world(true);
  CHECK(failure(world, a_file()) == ErrorKind::network);
  CHECK(failure(world, a_file(), Reach::cache) == ErrorKind::network);
  CHECK(world.http.requests.empty());
}

TEST_CASE("the metadata of a local wheel is read from the file") {
  World world(true);
  IndexFile file = a_file();
  file.url = file_url(world.folder.write(kFilename, a_wheel()));
  CHECK(world.finder().find(file, Reach::cache) == kFields);
}

TEST_CASE("METADATA counts only in the dist-info directory of the wheel's own name") {
  const auto read = [](const std::string& wheel) {
    return read_wheel_metadata(zip::test::bytes_of(wheel), kFilename);
  };
  CHECK(read(a_wheel(kMetadata, "Demo.Pkg-1.0.dist-info")) == kMetadata);
  CHECK_THROWS_AS(read(a_wheel(kMetadata, "demo_pkg_more-1.0.dist-info")), Error);
  CHECK_THROWS_AS(read(a_wheel(kMetadata, "demo_pkg-1.0.dist-info/inner")), Error);
}

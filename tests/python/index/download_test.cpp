#include "python/index/download.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/platform/clock.h"
#include "store/platform/error.h"
#include "tests/python/index/fake_http.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;
using envstore::testing::FakeHttp;

namespace {

const std::string kUrl = "https://index.invalid/demo-1.0-py3-none-any.whl";
const std::string kBody = "the bytes of a wheel";

IndexFile a_file() {
  IndexFile file;
  file.filename = "demo-1.0-py3-none-any.whl";
  file.url = kUrl;
  file.hashes = {{"sha256", to_hex(sha256(as_bytes(kBody)))}};
  return file;
}

struct Recorder : TransferObserver {
  std::vector<std::string> events;
  void download_started(const std::string& filename, std::uint64_t size) override {
    events.push_back("start " + filename + " " + std::to_string(size));
  }
  void download_advanced(const std::string&, std::uint64_t, std::uint64_t) override {}
  void download_finished(const std::string& filename) override { events.push_back("end " + filename); }
};

ErrorKind failure(FakeHttp& http, const IndexFile& file, TransferObserver* observer = nullptr,
                  bool gives_up = false) {
  const std::atomic<bool> is_given_up = gives_up;
  std::vector<std::byte> memory(kBody.size());
  try {
    download_file(http, file, memory, observer, is_given_up);
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("no error");
  return ErrorKind::io;
}

}  // namespace

TEST_CASE("a file is downloaded into memory or into a descriptor, and its size is returned") {
  FakeHttp http;
  http.pages[kUrl] = {kBody};
  const std::atomic<bool> is_given_up = false;
  std::vector<std::byte> memory(kBody.size());
  CHECK(download_file(http, a_file(), memory, nullptr, is_given_up) == kBody.size());
  CHECK(std::string(reinterpret_cast<const char*>(memory.data()), memory.size()) == kBody);
  const TemporaryDirectory folder;
  const std::string path = folder.write("body", "");
  const Fd fd = open_file(AT_FDCWD, path, O_RDWR);
  CHECK(download_file(http, a_file(), fd.get(), nullptr, is_given_up) == kBody.size());
  CHECK(read_file(AT_FDCWD, path) == kBody);
}

TEST_CASE("a body with another hash or size than the index states is refused") {
  FakeHttp http;
  http.pages[kUrl] = {kBody};
  IndexFile other_hash = a_file(), other_size = a_file();
  other_hash.hashes = {{"sha256", std::string(64, '0')}};
  other_size.size = kBody.size() + 1;
  CHECK(failure(http, other_hash) == ErrorKind::invalid_input);
  CHECK(failure(http, other_size) == ErrorKind::invalid_input);
  IndexFile right_size = a_file();
  right_size.size = kBody.size();
  const std::atomic<bool> is_given_up = false;
  std::vector<std::byte> memory(kBody.size());
  CHECK(download_file(http, right_size, memory, nullptr, is_given_up) == kBody.size());
  CHECK(http.requests.back().size_limit == kBody.size());
}

TEST_CASE("a status that is no success is an error of its kind, and its body is not taken for the file") {
  FakeHttp http;
  for (const auto& [status, kind] :
       {std::pair{401, ErrorKind::permission}, std::pair{404, ErrorKind::not_found},
        std::pair{503, ErrorKind::network}}) {
    http.pages[kUrl] = {kBody, {}, status};
    CHECK(failure(http, a_file()) == kind);
  }
}

TEST_CASE("an observer hears the start and the end of a download, also of one that fails") {
  FakeHttp http;
  http.pages[kUrl] = {kBody, {}, 503};
  Recorder recorder;
  IndexFile file = a_file();
  file.size = kBody.size();
  failure(http, file, &recorder);
  CHECK(recorder.events ==
        std::vector<std::string>{"start demo-1.0-py3-none-any.whl 20", "end demo-1.0-py3-none-any.whl"});
}

TEST_CASE("a download that was given up before it starts sends no request") {
  FakeHttp http;
  http.pages[kUrl] = {kBody};
  CHECK(failure(http, a_file(), nullptr, true) == ErrorKind::network);
  CHECK(http.requests.empty());
}

TEST_CASE("an unnamed file is in the store's tmp, and in memory where that directory is missing") {
  const TemporaryDirectory folder;
  const SystemClock clock;
  Store store = Store::open(folder / "store", clock);
  const Fd in_tmp = unnamed_file(store);
  struct stat status {};
  struct stat root {};
  REQUIRE(fstat(in_tmp.get(), &status) == 0);
  REQUIRE(fstat(store.root(), &root) == 0);
  CHECK(status.st_nlink == 0);
  CHECK(status.st_dev == root.st_dev);
  CHECK(list_directory(store.root(), store_paths::kTmp).empty());
  remove_tree(store.root(), store_paths::kTmp);
  const Fd in_memory = unnamed_file(store);
  REQUIRE(fstat(in_memory.get(), &status) == 0);
  CHECK(write(in_memory.get(), "x", 1) == 1);
}

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "python/index/index_client.h"
#include "python/network/url.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/random.h"

using namespace envstore;

namespace {

/// A store, a folder of wheels, and tests/e2e/index_server.py that serves it. ENVSTORE_INDEX_SERVER names the
/// script.
class World {
 public:
  explicit World(std::vector<std::string> options = {}) {
    const char* base = std::getenv("TMPDIR");
    root_ = std::string(base != nullptr ? base : "/tmp") + "/envstore-index-test-" + random_name();
    make_directories(AT_FDCWD, root_ + "/files", 0700);
    // Made with `python3 -m zipfile`: small, stored, one dist-info directory.
    const char* make =
        "import sys, zipfile\n"
        "with zipfile.ZipFile(sys.argv[1] + '/demo-1.0-py3-none-any.whl', 'w') as z:\n"
        "  z.writestr('demo.bin', bytes(range(256)) * 400)\n"
        "  z.writestr('demo-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: demo\\nVersion: "
        "1.0\\n')\n";
    run({"python3", "-c", make, root_ + "/files"});
    options.insert(options.begin(), {"python3", std::getenv("ENVSTORE_INDEX_SERVER"), root_ + "/files"});
    serve(options);
  }
  ~World() {
    input_ = Fd();  // the server ends at the end of its input
    waitpid(server_, nullptr, 0);
    remove_tree(AT_FDCWD, root_);
  }

  std::string url(const std::string& path = "/simple") const { return "http://127.0.0.1:" + port_ + path; }
  Store store() { return Store::open(root_ + "/store", clock_); }
  std::string folder() const { return root_ + "/files"; }

 private:
  static pid_t spawn(std::vector<std::string> words, int in, int out) {
    posix_spawn_file_actions_t actions;
    REQUIRE(posix_spawn_file_actions_init(&actions) == 0);
    if (in >= 0) REQUIRE(posix_spawn_file_actions_adddup2(&actions, in, 0) == 0);
    if (out >= 0) REQUIRE(posix_spawn_file_actions_adddup2(&actions, out, 1) == 0);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    REQUIRE(posix_spawn(&pid, "/usr/bin/python3", &actions, nullptr, arguments.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
  }
  static void run(std::vector<std::string> words) {
    int status = 1;
    REQUIRE(waitpid(spawn(std::move(words), -1, -1), &status, 0) > 0);
    REQUIRE(status == 0);
  }
  void serve(std::vector<std::string> words) {
    int in[2], out[2];
    REQUIRE(pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    const Fd its_input(in[0]), answers(out[0]);
    input_ = Fd(in[1]);
    {
      const Fd its_output(out[1]);
      server_ = spawn(std::move(words), its_input.get(), its_output.get());
    }
    for (char c = 0; read(answers.get(), &c, 1) == 1 && c != '\n';) port_ += c;
    REQUIRE(!port_.empty());
  }

  SystemClock clock_;
  std::string root_, port_;
  Fd input_;
  pid_t server_ = 0;
};

IndexSettings at(const std::string& url) {
  IndexSettings settings;
  settings.indexes = {{url}};
  return settings;
}

ErrorKind kind_of(const std::function<void()>& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) *message = std::string(error.what()) + error.hint();
    return error.kind();
  }
  FAIL("no error");
  return ErrorKind::io;
}

void check_page_metadata_and_file(World& world, const std::string& url) {
  Store store = world.store();
  IndexClient client(store, at(url), nullptr);
  const ProjectFiles files = client.project("demo").get();
  REQUIRE(files.page.files.size() == 1);
  CHECK(client.metadata(files.page.files[0]).get() == "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n");
  const std::atomic<bool> is_given_up = false;
  const FetchedFile fetched = client.download(files.page.files[0], is_given_up);
  const std::string expected = read_file(AT_FDCWD, world.folder() + "/demo-1.0-py3-none-any.whl");
  const auto bytes = fetched.bytes();
  CHECK(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == expected);
  CHECK(list_directory(store.root(), store_paths::kTmp).empty());
}

}  // namespace

TEST_CASE(
    "page, metadata and file come from an HTML and a JSON index, with ranges, without, and advertised") {
  for (const std::vector<std::string>& options : {std::vector<std::string>{},
                                                  {"--format", "json"},
                                                  {"--no-metadata"},
                                                  {"--no-metadata", "--no-suffix-ranges"},
                                                  {"--no-metadata", "--no-ranges"},
                                                  {"--no-hashes", "--no-metadata"}}) {
    World world(options);
    check_page_metadata_and_file(world, world.url());
  }
}

TEST_CASE(
    "a fetched page is available offline; one that was never fetched differs from one that does not exist") {
  World world;
  {
    Store store = world.store();
    IndexClient client(store, at(world.url()), nullptr);
    CHECK(client.project("demo").get().page.files.size() == 1);
    CHECK(client.project("other").get().absence == ProjectFiles::Absence::not_found);
  }
  Store store = world.store();
  IndexSettings settings = at(world.url());
  settings.offline = true;
  IndexClient client(store, settings, nullptr);
  CHECK(client.project("demo").get().page.files.size() == 1);
  CHECK(client.project("other").get().absence == ProjectFiles::Absence::offline);
}

TEST_CASE("credentials of the address are used for the files too; wrong ones are refused and never shown") {
  World world({"--auth", "me:secret"});
  const std::string host = world.url().substr(7);
  check_page_metadata_and_file(world, "http://me:secret@" + host);
  Store store = world.store();
  IndexClient client(store, at("http://me:wrong-word@" + host + "/"), nullptr);
  std::string message;
  CHECK(kind_of([&] { client.project("unknown").get(); }, &message) == ErrorKind::permission);
  CHECK(message.find("wrong-word") == std::string::npos);
}

TEST_CASE("a file with another hash or size than the index states is refused, and no part of it is left") {
  World world;
  Store store = world.store();
  IndexClient client(store, at(world.url()), nullptr);
  IndexFile file = client.project("demo").get().page.files.at(0);
  const FileDigests told = file.hashes;
  file.hashes = {{"sha256", std::string(64, '0')}};
  const std::atomic<bool> is_given_up = false;
  CHECK(kind_of([&] { client.download(file, is_given_up); }) == ErrorKind::invalid_input);
  for (const HashAlgorithm& algorithm : kHashAlgorithms) {
    file.hashes = told;
    file.hashes.add({std::string(algorithm.name), std::string(algorithm.digits, '0')});
    CHECK(kind_of([&] { client.download(file, is_given_up); }) == ErrorKind::invalid_input);
  }
  file.hashes = {};
  file.size = 1;  // the body is longer than its memory
  CHECK(kind_of([&] { client.download(file, is_given_up); }) == ErrorKind::network);
  CHECK(list_directory(store.root(), store_paths::kTmp).empty());
}

TEST_CASE("a file of known size stays in memory; one of unknown size is written to an unnamed file") {
  for (const bool is_known : {true, false}) {
    World world;
    Store store = world.store();
    IndexClient client(store, at(world.url()), nullptr);
    IndexFile file = client.project("demo").get().page.files.at(0);
    file.size.reset();
    if (is_known) file.size = read_file(AT_FDCWD, world.folder() + "/" + file.filename).size();
    const std::atomic<bool> is_given_up = false;
    CHECK(client.download(file, is_given_up).is_in_memory() == is_known);
  }
}

TEST_CASE("a range read of the metadata finds the size of the file") {
  World world({"--no-metadata"});
  Store store = world.store();
  IndexClient client(store, at(world.url()), nullptr);
  IndexFile file = client.project("demo").get().page.files.at(0);
  file.size.reset();
  CHECK(!client.size_of(file));
  client.metadata(file).get();
  CHECK(client.size_of(file) == read_file(AT_FDCWD, world.folder() + "/" + file.filename).size());
}

TEST_CASE("a download that was given up ends with an error") {
  World world;
  Store store = world.store();
  IndexClient client(store, at(world.url()), nullptr);
  const IndexFile file = client.project("demo").get().page.files.at(0);
  const std::atomic<bool> is_given_up = true;
  CHECK(kind_of([&] { client.download(file, is_given_up); }) == ErrorKind::network);
}

TEST_CASE("a folder, a file address and a flat page are places to find packages") {
  World world;
  Store store = world.store();
  for (const std::string& place : {world.folder(), file_url(world.folder()), world.url("/flat/")}) {
    IndexSettings settings;
    settings.find_links = {{place}};
    settings.no_index = true;
    IndexClient client(store, settings, nullptr);
    CHECK_MESSAGE(client.project("demo").get().page.files.size() == 1, place);
    CHECK(client.project("dem").get().absence == ProjectFiles::Absence::no_index);
  }
}

TEST_CASE("a refused connection is a network error with the address") {
  World world;
  Store store = world.store();
  IndexClient client(store, at("http://127.0.0.1:9/simple"), nullptr);
  std::string message;
  CHECK(kind_of([&] { client.project("demo").get(); }, &message) == ErrorKind::network);
  CHECK(message.find("127.0.0.1:9") != std::string::npos);
}

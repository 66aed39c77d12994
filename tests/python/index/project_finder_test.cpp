#include "python/index/project_finder.h"

#include <doctest/doctest.h>

#include "python/network/url.h"
#include "store/platform/clock.h"
#include "store/platform/error.h"
#include "tests/python/index/fake_http.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;
using envstore::testing::FakeHttp;
using Names = std::vector<std::string>;

namespace {

const std::string kFirst = "https://first.invalid/simple", kSecond = "https://second.invalid/simple";

FakeHttp::Page page_of(const Names& filenames) {
  std::string body = "<!DOCTYPE html><html><body>";
  for (const std::string& name : filenames) body += "<a href=\"/files/" + name + "\">" + name + "</a>";
  return {body + "</body></html>", {{"content-type", "text/html"}, {"etag", "\"1\""}}};
}

Names names_of(const std::optional<ProjectFiles>& files) {
  REQUIRE(files);
  Names names;
  for (const IndexFile& file : files->page.files) names.push_back(file.filename);
  return names;
}

struct World {
  World() { settings.indexes = {{kFirst}, {kSecond}}; }
  void have(const std::string& index, const std::string& project, const Names& filenames) {
    http.pages[index + "/" + project + "/"] = page_of(filenames);
  }
  /// A finder of its own for each look-up: nothing but the store connects them.
  std::optional<ProjectFiles> find(const std::string& name, Reach reach = Reach::network) {
    return ProjectFinder(settings, cache, http).find(name, reach);
  }
  ErrorKind failure(const std::string& name) {
    try {
      find(name);
    } catch (const Error& error) {
      return error.kind();
    }
    FAIL("no error");
    return ErrorKind::io;
  }

  TemporaryDirectory folder;
  SystemClock clock;
  Store store = Store::open(folder / "store", clock);
  IndexSettings settings;
  DocumentCache cache{store};
  FakeHttp http;
};

const std::string kOld = "demo-1.0-py3-none-any.whl", kNew = "demo-2.0-py3-none-any.whl";

}  // namespace

TEST_CASE("the first index that has the project answers, and later ones are not requested") {
  World world;
  world.have(kFirst, "demo", {kOld});
  world.have(kSecond, "demo", {kNew});
  world.have(kSecond, "other", {"other-1.0-py3-none-any.whl"});
  const auto demo = world.find("demo");
  CHECK(names_of(demo) == Names{kOld});
  CHECK(demo->index == kFirst);
  CHECK(world.http.count(kSecond + "/demo/") == 0);
  CHECK(world.find("other")->index == kSecond);
}

TEST_CASE("other strategies join the pages of all indexes, in order, and rank the files or do not") {
  World world;
  world.have(kFirst, "demo", {kOld});
  world.have(kSecond, "demo", {kNew});
  for (const IndexStrategy strategy : {IndexStrategy::unsafe_first_match, IndexStrategy::unsafe_best_match}) {
    world.settings.strategy = strategy;
    const auto demo = world.find("demo");
    CHECK(names_of(demo) == Names{kOld, kNew});
    CHECK(demo->page.files[1].rank == (strategy == IndexStrategy::unsafe_first_match ? 1 : 0));
    CHECK_FALSE(demo->identity);
    CHECK(demo->index.empty());
  }
}

TEST_CASE("a package that is bound to an index is requested from no other, nor taken from find-links") {
  World world;
  world.have(kFirst, "demo", {kOld});
  world.folder.write("links/" + kNew, "");
  world.settings.find_links = {{world.folder / "links"}};
  CHECK(names_of(world.find("demo")) == Names{kNew, kOld});
  world.settings.bound["demo"] = {kSecond};
  CHECK(world.find("demo")->absence == ProjectFiles::Absence::not_found);
  CHECK(world.http.count(kFirst + "/demo/") == 1);
}

TEST_CASE("a fresh page is used from the store, a refreshed or stale one is validated again") {
  World world;
  world.have(kFirst, "demo", {kOld});
  world.find("demo");
  CHECK(names_of(world.find("demo", Reach::cache)) == Names{kOld});
  CHECK(world.http.requests.size() == 1);
  world.settings.refresh_packages = {"demo"};
  CHECK_FALSE(world.find("demo", Reach::cache));
  world.http.pages[kFirst + "/demo/"] = {"", {}, 304};
  CHECK(names_of(world.find("demo")) == Names{kOld});
  const auto& headers = world.http.requests.back().headers;
  CHECK(std::find(headers.begin(), headers.end(),
                  std::pair<std::string, std::string>("If-None-Match", "\"1\"")) != headers.end());
}

TEST_CASE("a project that is gone from its index is gone from the store, too") {
  World world;
  world.have(kFirst, "demo", {kOld});
  world.find("demo");
  world.http.pages.clear();
  world.settings.refresh = true;
  CHECK(world.find("demo")->absence == ProjectFiles::Absence::not_found);
  world.settings.refresh = false;
  CHECK_FALSE(world.find("demo", Reach::cache));
}

TEST_CASE("what is absent offline, without indexes or everywhere differs") {
  using Absence = ProjectFiles::Absence;
  World world;
  CHECK(world.find("demo")->absence == Absence::not_found);
  world.settings.offline = true;
  CHECK(world.find("demo")->absence == Absence::offline);
  world.settings.no_index = true;
  CHECK(world.find("demo")->absence == Absence::no_index);
}

TEST_CASE("a status is an error of the index, unless its settings ignore it") {
  World world;
  world.http.pages[kFirst + "/demo/"] = {"", {}, 403};
  world.have(kSecond, "demo", {kNew});
  CHECK(world.failure("demo") == ErrorKind::network);
  world.settings.indexes[0].ignored_statuses = {403};
  CHECK(names_of(world.find("demo")) == Names{kNew});
}

TEST_CASE("a page with credentials in its links is used, but not kept") {
  World world;
  world.http.pages[kFirst + "/demo/"] = {
      "<html><body><a href=\"https://me:secret@first.invalid/" + kOld + "\">x</a></body></html>",
      {{"content-type", "text/html"}}};
  CHECK(names_of(world.find("demo")) == Names{kOld});
  CHECK_FALSE(world.find("demo", Reach::cache));
}

TEST_CASE("the address of an index keeps its query behind the project's path") {
  World world;
  world.settings.indexes = {{"https://first.invalid/simple//?token=1"}};
  world.find("demo");
  CHECK(world.http.requests.back().url == "https://first.invalid/simple/demo/?token=1");
}

TEST_CASE(
    "a local index or folder that does not exist is an error, a project that is missing there is absent") {
  World world;
  make_directories(world.folder.fd(), "index/demo", 0700);
  world.folder.write("index/demo/" + kOld, "");
  world.settings.indexes = {{world.folder / "index"}};
  CHECK(names_of(world.find("demo")) == Names{kOld});
  CHECK(world.find("other")->absence == ProjectFiles::Absence::not_found);
  world.settings.indexes = {{world.folder / "nowhere"}};
  CHECK(world.failure("demo") == ErrorKind::not_found);
  world.settings.indexes = {};
  world.settings.find_links = {{world.folder / "nowhere"}};
  CHECK(world.failure("demo") == ErrorKind::not_found);
}

TEST_CASE("the version of a cached page is known only where one page decides alone") {
  World world;
  world.have(kFirst, "demo", {kOld});
  world.find("demo");
  const auto cached = [&] {
    return ProjectFinder(world.settings, world.cache, world.http).cached_page("demo");
  };
  REQUIRE(cached());
  CHECK(cached()->identity.url == kFirst + "/demo/");
  CHECK(cached()->identity.contents == world.find("demo")->identity->contents);
  world.settings.strategy = IndexStrategy::unsafe_best_match;
  CHECK_FALSE(cached());
  world.settings.strategy = IndexStrategy::first_index;
  world.settings.find_links = {{world.folder.path()}};
  CHECK_FALSE(cached());
  world.settings.find_links = {};
  world.settings.refresh = true;
  CHECK_FALSE(cached());
}

TEST_CASE("a page is read by its content type, or by its first character where that says nothing") {
  const std::string url = "https://index.invalid/demo/";
  const std::string json = R"({"meta":{"api-version":"1.0"},"name":"demo","files":[]})";
  const std::string html = page_of({kOld}).body;
  CHECK(read_page(json, "application/vnd.pypi.simple.v1+json", url).files.empty());
  CHECK(read_page(html, "Text/HTML ; charset=utf-8", url).files.size() == 1);
  CHECK(read_page("\xEF\xBB\xBF " + json, "text/plain", url).files.empty());
  CHECK(read_page(html, "", url).files.size() == 1);
  CHECK_THROWS_AS(read_page("plain text", "text/plain", url), Error);
  CHECK_THROWS_AS(read_page(html, "application/vnd.pypi.simple.v1+json", url), Error);
}

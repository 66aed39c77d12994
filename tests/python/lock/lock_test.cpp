#include "python/lock/lock.h"

#include <doctest/doctest.h>

using namespace envstore;

namespace {

Lock a_lock() {
  Lock lock{"cpython 3.11.2", {{"sys_platform", "linux"}}, {}};
  IndexFile file;
  file.filename = "demo-1.0-py3-none-any.whl";
  file.url = "https://user:secret@index.invalid/demo-1.0-py3-none-any.whl?token=hidden";
  file.hashes = {{"sha256", std::string(64, 'a')}};
  lock.packages.push_back({"demo", *pypackaging::Version::parse("1.0"), {"fast"}, file, {"other"}});
  return lock;
}

}  // namespace

TEST_CASE("locks are equal if every part is") {
  CHECK(a_lock() == a_lock());
  Lock other = a_lock();
  other.packages[0].dependencies.clear();
  CHECK_FALSE(other == a_lock());
  other = a_lock();
  other.packages[0].file.hashes = {};
  CHECK_FALSE(other == a_lock());
  other = a_lock();
  other.markers.clear();
  CHECK_FALSE(other == a_lock());
}

TEST_CASE("a printed lock has versions, sources, hashes and edges, but no secrets of URLs") {
  CHECK(to_json(Lock()) == R"({"interpreter":"","markers":{},"packages":[]})");
  const std::string text = to_json(a_lock());
  CHECK(text.find(R"("name":"demo","needs":["other"])") != std::string::npos);
  CHECK(text.find(R"("version":"1.0")") != std::string::npos);
  CHECK(text.find(R"("hashes":["sha256:aaaa)") != std::string::npos);
  CHECK(text.find(R"("markers":{"sys_platform":"linux"})") != std::string::npos);
  CHECK(text.find("https://index.invalid/demo-1.0-py3-none-any.whl") != std::string::npos);
  for (const char* secret : {"user", "secret", "hidden"}) CHECK(text.find(secret) == std::string::npos);
}

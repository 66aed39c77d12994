#include "gc/verify/verification.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::RepairWorld;

namespace {

struct World : RepairWorld {
  Verdict judge(Verification& now, const std::string& content = kDemo) {
    const KnownBlob* known = now.ledger.find(blob_of(content));
    return now.judge(store().root(), path, stamp(path).inode, blob_of(content), content.size(), known);
  }
  const std::string path = object_of(kDemo);
};

}  // namespace

TEST_CASE("bytes are judged by size and content, and the reason is for people") {
  World world;
  const auto now = world.verification();
  CHECK(world.judge(*now).content == Content::right);
  std::string text;
  const char* why = "";
  SUBCASE("empty") {
    why = "it is empty, should have 28 bytes";
  }
  SUBCASE("shorter") {
    text = "evil";
    why = "it has 4 bytes, should have 28";
  }
  SUBCASE("other bytes") {
    text = std::string(28, 'x');
    why = "it has the right size and other bytes";
  }
  world.put_new_file(world.path, text);
  const Verdict verdict = world.judge(*now);
  CHECK(verdict.content == Content::wrong);
  CHECK(verdict.why == why);
}

TEST_CASE("right bytes with a row of another content are told apart from wrong ones") {
  World world;
  Index::Write write = world.store().index().write();
  BlobRow row = *write.blob(blob_of(World::kDemo));
  row.fingerprint = fingerprint(as_bytes("another"));
  write.put(blob_of(World::kDemo), row);
  write.commit();
  const auto now = world.verification();
  CHECK(world.judge(*now).content == Content::right_but_row_differs);
}

TEST_CASE("an inode is hashed once for one blob, and again for another") {
  World world;
  const auto now = world.verification();
  world.judge(*now);
  world.judge(*now);
  CHECK(now->files_hashed == 1);
  CHECK(world.judge(*now, "OTHER = 1\n").content == Content::wrong);
  CHECK(now->files_hashed == 2);
}

TEST_CASE("a file that cannot be opened, or is a link, is wrong and says so") {
  World world;
  const auto now = world.verification();
  world.remove(world.path);
  symlink_at("elsewhere", world.store().root(), world.path);
  const Verdict verdict = world.judge(*now);
  CHECK(verdict.content == Content::wrong);
  CHECK(verdict.why.starts_with("it cannot be read: "));
}

TEST_CASE("a damaged manifest is recovered with its fault; one that cannot be recovered is an error") {
  World world;
  const auto now = world.verification();
  world.put_new_file(world.at(world.other, "manifest"), "nonsense");
  std::string fault = "none yet";
  CHECK(now->manifest(world.demo, &fault)->id() == world.demo);
  CHECK(fault.empty());
  CHECK(now->manifest(world.other, &fault)->id() == world.other);
  CHECK_FALSE(fault.empty());
  world.put_new_file(world.at(world.other, "site/other.py"), "evil");
  CHECK_THROWS_AS(now->manifest(world.other), Error);
}

TEST_CASE("an intact manifest is read once; a damaged one each time, because it may be repaired meanwhile") {
  World world;
  const auto now = world.verification();
  CHECK(now->manifest(world.demo) == now->manifest(world.demo));
  world.put_new_file(world.at(world.other, "manifest"), "nonsense");
  CHECK(now->manifest(world.other) != now->manifest(world.other));
}

TEST_CASE("what was reported is handed out once") {
  World world;
  const auto now = world.verification();
  now->report({.damage = Damage::extra, .path = "x"});
  CHECK(now->take_found().size() == 1);
  CHECK(now->take_found().empty());
}

TEST_CASE("progress is told after many files, and never says more done than there is") {
  World world;
  VerifyOptions options;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  options.progress = [&](std::uint64_t done, std::uint64_t total) { told.emplace_back(done, total); };
  Verification now(world.store(), world.derived, options);
  now.expect(3);
  now.looked_at(1);
  CHECK(told.empty());
  now.looked_at(1'000'000);
  REQUIRE(told.size() == 1);
  CHECK(told[0].first == 1'000'001);
  CHECK(told[0].second == 1'000'001);
}

TEST_CASE("the message of a mode is octal with its sort of file left out") {
  CHECK(damage_of_mode(0100644, 0444) == "its mode is 0644, should be 0444");
}

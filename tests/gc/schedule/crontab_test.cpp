#include "gc/schedule/crontab.h"

#include <doctest/doctest.h>

#include "gc/schedule/schedule_jobs.h"
#include "store/platform/error.h"
#include "tests/gc/schedule/fake_user.h"

namespace envstore {

TEST_CASE("a region is added, replaced and removed, and every other byte stays") {
  for (const std::string foreign : {"", "# mine\n0 1 * * * echo 100\\%\n", "A=b\r\n\n\n@daily x\n", "\n"}) {
    const std::string installed = with_region(foreign, settings_of());
    CHECK(installed.starts_with(foreign));
    CHECK(with_region(installed, settings_of()) == installed);
    CHECK(with_region(installed, std::nullopt) == foreign);
    const std::string between = installed + "0 5 * * * later\n";
    auto other = settings_of("/other");
    other.with_verify = false;
    const std::string replaced = with_region(between, other);
    CHECK(contains(replaced, "'/other'"));
    CHECK_FALSE(contains(replaced, "/home/me/store"));
    CHECK(with_region(replaced, std::nullopt) == foreign + "0 5 * * * later\n");
  }
}

TEST_CASE("a line without an end is ended before the region") {
  CHECK(with_region("0 1 * * * x", settings_of()).starts_with("0 1 * * * x\n# >>> envstore"));
}

TEST_CASE("a region whose end is missing is left alone") {
  const std::string installed = with_region("", settings_of());
  const std::string cut = installed.substr(0, installed.find("# <<<"));
  for (const std::string& text : {cut, cut + installed, cut + "0 1 * * * foreign\n"}) {
    CHECK_THROWS_AS(with_region(text, settings_of()), Error);
    CHECK_THROWS_AS(with_region(text, std::nullopt), Error);
  }
}

TEST_CASE("two regions become one") {
  const std::string region = with_region("", settings_of());
  CHECK(with_region(region + "foreign\n" + region, settings_of()) == region + "foreign\n");
}

TEST_CASE("a region is read back as it was written") {
  auto settings = settings_of("/a b/it's 5%/$x");
  settings.daily_at = "23:45";
  const auto found = find_region(with_region("0 1 * * * x gc\n", settings));
  REQUIRE(found);
  CHECK(found->store == settings.store);
  REQUIRE(found->jobs.size() == 3);
  CHECK(found->jobs[0].name == "gc");
  CHECK(found->jobs[0].time == JobTime{23 * 60 + 45});
  CHECK(found->jobs[1].time == JobTime{15});
  CHECK(found->jobs[2].time == JobTime{45, JobTime::Every::sunday});
  CHECK_FALSE(find_region("0 1 * * * x gc\n"));
}

TEST_CASE("a time that was edited by hand is unknown") {
  std::string crontab = with_region("", settings_of());
  crontab.replace(crontab.find("30 3 *"), 6, "*/5 3 *");
  crontab.replace(crontab.find("verify\n"), 7, "verify >/dev/null 2>&1\n");
  const auto found = find_region(crontab);
  CHECK_FALSE(found->jobs[0].time);
  CHECK(found->jobs[1].name == "verify");
  CHECK(found->jobs[1].time == JobTime{4 * 60});
}

TEST_CASE("a path that a crontab cannot express is refused") {
  for (const std::string path : {"/a\nb", "relative", "", "/a\tb", "/\x7f", "/a\\b"})
    CHECK_THROWS_AS(with_region("", settings_of(path)), Error);
}

TEST_CASE("a user without a crontab has an empty one; one who may not have any has none") {
  FakeUser user;
  user.with_crontab();
  CHECK(read_crontab() == "");
  user.program("crontab", "echo 'You (me) are not allowed to use this program (crontab)' >&2; exit 1");
  CHECK_FALSE(read_crontab());
  user.program("crontab", "echo \"crontab: can't open 'me': No such file or directory\" >&2; exit 1");
  CHECK(read_crontab() == "");
  user.program("crontab", "echo 'the disk is on fire' >&2; exit 1");
  CHECK_THROWS_WITH_AS(read_crontab(), doctest::Contains("the disk is on fire"), Error);
}

TEST_CASE("what is written is read again; an empty crontab is removed") {
  FakeUser user;
  user.with_crontab();
  write_crontab("0 1 * * * mine\n");
  CHECK(read_crontab() == "0 1 * * * mine\n");
  write_crontab("");
  CHECK_FALSE(user.file("crontab"));
  user.program("crontab", "cat > /dev/null");
  CHECK_THROWS_WITH_AS(write_crontab("x\n"), doctest::Contains("prints another text"), Error);
}

}  // namespace envstore

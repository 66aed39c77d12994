#include "gc/schedule/systemd_units.h"

#include <doctest/doctest.h>

#include "gc/schedule/schedule.h"
#include "store/platform/error.h"
#include "tests/gc/schedule/fake_user.h"

namespace envstore {

TEST_CASE("units have the specified options, and quote what systemd would interpret") {
  const auto units = systemd_units(settings_of("/a b/5%/$x/\"q\"\\"));
  REQUIRE(units.size() == 6);
  CHECK(units[0].first == "envstore-gc.service");
  for (const char* line : {"Type=oneshot\n", "Nice=5\n", "IOSchedulingPriority=7\n", "UMask=0077\n",
                           "ExecStart=\"/usr/bin/envstore\" scheduled-job --store "
                           "\"/a b/5%%/$$x/\\\"q\\\"\\\\\" gc\n"})
    CHECK_MESSAGE(contains(units[0].second, line), line);
  for (const char* line : {"OnCalendar=*-*-* 03:30:00\n", "Persistent=true\n", "RandomizedDelaySec=15min\n",
                           "WantedBy=timers.target\n"})
    CHECK_MESSAGE(contains(units[1].second, line), line);
  CHECK(contains(units[5].second, "OnCalendar=Sun *-*-* 04:30:00\n"));
}

TEST_CASE("a path that a unit cannot express is refused") {
  for (const std::string path : {"/a\nb", "relative", "", "/a\tb", "/\x7f"})
    CHECK_THROWS_AS(systemd_units(settings_of(path)), Error);
}

TEST_CASE("a schedule without verify has the two units of gc") {
  auto settings = settings_of();
  settings.with_verify = false;
  REQUIRE(systemd_units(settings).size() == 2);
  CHECK(systemd_units(settings)[1].first == "envstore-gc.timer");
}

TEST_CASE("units that were installed are found with their store and times, until they are removed") {
  FakeUser user;
  user.with_manager(true);
  CHECK_FALSE(find_units());
  CHECK_FALSE(remove_units());
  install_units(settings_of("/a store"));
  const auto found = find_units();
  REQUIRE(found);
  CHECK(found->store == "/a store");
  REQUIRE(found->jobs.size() == 3);
  CHECK(found->jobs[0].name == "gc");
  CHECK(found->jobs[0].time == JobTime{3 * 60 + 30});
  CHECK(remove_units());
  CHECK_FALSE(find_units());
}

TEST_CASE("a time that was edited in a unit is unknown") {
  FakeUser user;
  user.with_manager(true);
  install_units(settings_of());
  const std::string timer = ".config/systemd/user/envstore-gc.timer";
  std::string text = *user.file(timer);
  text.replace(text.find("*-*-* 03:30:00"), 14, "hourly");
  user.put(timer, text);
  CHECK_FALSE(find_units()->jobs[0].time);
}

TEST_CASE("the directory of units follows XDG_CONFIG_HOME, else the home directory") {
  FakeUser user;
  CHECK(unit_directory() == user.path() + "/.config/systemd/user");
  ::setenv("XDG_CONFIG_HOME", "/elsewhere", 1);
  CHECK(unit_directory() == "/elsewhere/systemd/user");
}

TEST_CASE("a manager is there if it answers, and a timer counts as stopped only if one says so") {
  FakeUser user;
  user.with_manager(false);
  CHECK_FALSE(is_user_manager_there());
  CHECK_FALSE(is_timer_stopped("gc"));
  user.with_manager(true);
  CHECK(is_user_manager_there());
  CHECK_FALSE(is_timer_stopped("gc"));
  user.program("systemctl", "[ $2 != is-active ] || { echo inactive; exit 3; }");
  CHECK(is_timer_stopped("gc"));
}

}  // namespace envstore

#include "gc/schedule/schedule.h"

#include <doctest/doctest.h>

#include "gc/schedule/crontab.h"
#include "store/platform/error.h"
#include "tests/gc/schedule/fake_user.h"

namespace envstore {

TEST_CASE("without a user manager the schedule goes to the crontab, once") {
  FakeUser user;
  user.with_crontab();
  user.with_manager(false);
  user.put("crontab", "0 1 * * * mine\n");
  CHECK(available_scheduler() == Scheduler::crontab);
  install_schedule(settings_of());
  install_schedule(settings_of());
  CHECK(user.file("changes") == "\n");
  CHECK(user.file("crontab") == with_region("0 1 * * * mine\n", settings_of()));
  const ScheduleStatus status = schedule_status("/home/me/store");
  CHECK(status.is_installed);
  CHECK(status.scheduler == Scheduler::crontab);
  REQUIRE(status.jobs.size() == 3);
  CHECK(status.jobs[0].next_ns);
  CHECK_FALSE(status.jobs[0].last_ns);
  CHECK(remove_schedule());
  CHECK(user.file("crontab") == "0 1 * * * mine\n");
  CHECK_FALSE(remove_schedule());
}

TEST_CASE("a crontab that held nothing else is removed") {
  FakeUser user;
  user.with_crontab();
  install_schedule(settings_of());
  CHECK(remove_schedule());
  CHECK_FALSE(user.file("crontab"));
}

TEST_CASE("a crontab that cannot be read is not written over") {
  FakeUser user;
  user.program("crontab", "[ $1 != -l ] || { echo 'the disk is on fire' >&2; exit 1; }; cat > $FAKE/written");
  CHECK_THROWS_WITH_AS(install_schedule(settings_of()),
                       doctest::Contains("cannot read the crontab: the disk is on fire"), Error);
  CHECK_FALSE(user.file("written"));
}

TEST_CASE("a crontab(1) that does not keep its text is an error") {
  FakeUser user;
  user.program("crontab", "[ $1 != -l ] || echo '# other'");
  CHECK_THROWS_WITH_AS(install_schedule(settings_of()), doctest::Contains("cannot change the crontab"),
                       Error);
}

TEST_CASE("a machine with neither scheduler is an error") {
  FakeUser user;
  user.with_manager(false);
  user.program("crontab", "echo 'You (me) are not allowed to use this program (crontab)' >&2; exit 1");
  CHECK_THROWS_WITH_AS(available_scheduler(), doctest::Contains("cannot schedule"), Error);
}

TEST_CASE("a user manager gets units, enabled and started, and the crontab loses its region") {
  FakeUser user;
  user.with_crontab();
  user.put("crontab", with_region("0 1 * * * mine\n", settings_of()));
  user.with_manager(true);
  install_schedule(settings_of());
  CHECK(user.file("crontab") == "0 1 * * * mine\n");
  for (const auto& [name, text] : systemd_units(settings_of()))
    CHECK(user.file(".config/systemd/user/" + name) == text);
  const std::string timers = "envstore-gc.timer envstore-verify.timer envstore-verify-sample.timer\n";
  CHECK(contains(*user.file("calls"),
                 "--user daemon-reload\n--user enable " + timers + "--user restart " + timers));
  CHECK(schedule_status("/home/me/store").scheduler == Scheduler::systemd_user);
}

TEST_CASE("installing without verify takes its units away") {
  FakeUser user;
  user.with_manager(true);
  auto settings = settings_of();
  install_schedule(settings);
  settings.with_verify = false;
  install_schedule(settings);
  CHECK(user.file(".config/systemd/user/envstore-gc.timer"));
  CHECK_FALSE(user.file(".config/systemd/user/envstore-verify.timer"));
  CHECK(schedule_status(settings.store).jobs.size() == 1);
}

TEST_CASE("a unit of other origin is neither overwritten nor removed") {
  FakeUser user;
  user.with_manager(true);
  make_directories(AT_FDCWD, user.path() + "/.config/systemd/user", 0700);
  user.put(".config/systemd/user/envstore-verify.timer", "[Timer]\n# mine\n");
  CHECK_THROWS_WITH_AS(install_schedule(settings_of()), doctest::Contains("has not made"), Error);
  CHECK_FALSE(user.file(".config/systemd/user/envstore-gc.timer"));
  CHECK_FALSE(remove_schedule());
  CHECK(user.file(".config/systemd/user/envstore-verify.timer") == "[Timer]\n# mine\n");
}

TEST_CASE("units are removed even if no manager answers any more") {
  FakeUser user;
  user.with_manager(true);
  install_schedule(settings_of());
  make_directory(AT_FDCWD, user.path() + "/.config/systemd/user/timers.target.wants", 0700);
  symlink_at("../envstore-gc.timer", AT_FDCWD,
             user.path() + "/.config/systemd/user/timers.target.wants/envstore-gc.timer");
  user.with_manager(false);
  CHECK(remove_schedule());
  CHECK_FALSE(user.file(".config/systemd/user/envstore-gc.timer"));
  CHECK(list_directory(AT_FDCWD, user.path() + "/.config/systemd/user/timers.target.wants").empty());
}

TEST_CASE("a stopped timer has no next time") {
  FakeUser user;
  user.with_manager(true);
  install_schedule(settings_of());
  user.program("systemctl", "[ $2 != is-active ] || { echo inactive; exit 3; }");
  const ScheduleStatus status = schedule_status("/home/me/store");
  CHECK_FALSE(status.jobs[0].next_ns);
  CHECK(contains(status.jobs[0].when, "stopped"));
}

TEST_CASE("a schedule for another store is reported with that store") {
  FakeUser user;
  user.with_crontab();
  install_schedule(settings_of("/home/me/other"));
  const ScheduleStatus status = schedule_status("/home/me/store");
  CHECK(status.store == "/home/me/other");
  CHECK(status.log_directory == "/home/me/other/logs");
  CHECK(contains(status.notes.front(), "/home/me/other"));
}

}  // namespace envstore

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>

#include "gc/schedule/crontab.h"
#include "gc/schedule/schedule.h"
#include "gc/schedule/schedule_jobs.h"
#include "gc/schedule/systemd_units.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/temporary_directory.h"
#include "tests/clean_settings.h"

namespace envstore {
namespace {

ScheduleSettings settings_of(const std::string& store = "/home/me/store") {
  return {.program = "/usr/bin/envstore", .store = store};
}

constexpr std::int64_t kSecond = 1'000'000'000;

std::string at(std::int64_t when_ns) {
  const std::time_t seconds = when_ns / kSecond;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[64];
  return std::strftime(text, sizeof text, "%a %F %T", &parts) == 0 ? "" : text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A user with a home directory, and programs on that user's PATH that record how they were called.
class FakeUser {
 public:
  FakeUser() {
    ::setenv("HOME", directory_.path().c_str(), 1);
    ::setenv("PATH", (bin() + ":/usr/bin:/bin").c_str(), 1);
    ::setenv("FAKE", directory_.path().c_str(), 1);
    make_directory(AT_FDCWD, bin(), 0700);
  }
  void program(const std::string& name, const std::string& body) {
    unlink_if_there(AT_FDCWD, bin() + "/" + name);
    create_file(AT_FDCWD, bin() + "/" + name, "#!/bin/sh\n" + body + "\n", 0755);
  }
  /// A fake crontab(1) that keeps its text in the file `crontab`.
  void with_crontab() {
    program("crontab",
            "case $1 in\n"
            "-l) [ -e $FAKE/crontab ] || { echo 'no crontab for me' >&2; exit 1; }; cat $FAKE/crontab;;\n"
            "-r) rm $FAKE/crontab;;\n"
            "-) cat > $FAKE/crontab; echo >> $FAKE/changes;;\n"
            "esac");
  }
  void with_manager(bool answers) {
    program("systemctl",
            answers ? "echo \"$@\" >> $FAKE/calls; [ $2 != is-active ] || echo active" : "exit 1");
  }
  std::optional<std::string> file(const std::string& name) const {
    return try_read_file(AT_FDCWD, directory_.path() + "/" + name);
  }
  void put(const std::string& name, const std::string& text) const {
    replace_file(AT_FDCWD, directory_.path() + "/" + name, text, 0600);
  }
  std::string path() const { return directory_.path(); }

 private:
  std::string bin() const { return directory_.path() + "/bin"; }
  CleanSettings clean_;
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a region is made, replaced and taken away, and every other byte stays") {
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

TEST_CASE("what is found in a region is what was put there") {
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

TEST_CASE("a time that somebody changed is not told as if it were known") {
  std::string crontab = with_region("", settings_of());
  crontab.replace(crontab.find("30 3 *"), 6, "*/5 3 *");
  crontab.replace(crontab.find("verify\n"), 7, "verify >/dev/null 2>&1\n");
  const auto found = find_region(crontab);
  CHECK_FALSE(found->jobs[0].time);
  CHECK(found->jobs[1].name == "verify");
  CHECK(found->jobs[1].time == JobTime{4 * 60});
}

TEST_CASE("a path that a crontab or a unit cannot express is refused") {
  for (const std::string path : {"/a\nb", "relative", "", "/a\tb", "/\x7f"}) {
    CHECK_THROWS_AS(with_region("", settings_of(path)), Error);
    CHECK_THROWS_AS(systemd_units(settings_of(path)), Error);
  }
  CHECK_THROWS_AS(with_region("", settings_of("/a\\b")), Error);
}

TEST_CASE("times of day are two digits, a colon and two digits") {
  for (const char* text :
       {"", "3:30", "24:00", "00:60", "03:3", "0330", "03-30", "-1:30", "03:300", "a3:30"}) {
    auto settings = settings_of();
    settings.daily_at = text;
    CHECK_THROWS_AS(planned_jobs(settings), Error);
  }
}

TEST_CASE("a schedule without verify has gc alone") {
  auto settings = settings_of();
  settings.with_verify = false;
  CHECK(planned_jobs(settings).size() == 1);
  CHECK(systemd_units(settings).size() == 2);
}

TEST_CASE("units ask for what the design binds, and quote what systemd would read otherwise") {
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

TEST_CASE("the next time is later than now, in local time, over changes of the clock") {
  const CleanSettings clean;
  ::setenv("TZ", "Europe/Berlin", 1);
  ::tzset();
  const std::int64_t day =
      1'774'656'000 * kSecond;  // Saturday 28 March 2026 01:00, the clocks change next night
  CHECK(at(next_time({3 * 60}, day)) == "Sat 2026-03-28 03:00:00");
  CHECK(at(next_time({60}, day)) == "Sun 2026-03-29 01:00:00");
  CHECK(at(next_time({60 + 60 * 24 - 61}, day)) == "Sat 2026-03-28 23:59:00");
  CHECK(at(next_time({4 * 60, JobTime::Every::sunday}, day)) == "Sun 2026-03-29 04:00:00");
  const std::int64_t sunday = next_time({4 * 60, JobTime::Every::sunday}, day);
  CHECK(at(next_time({4 * 60, JobTime::Every::sunday}, sunday)) == "Sun 2026-04-05 04:00:00");
}

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

TEST_CASE("a crontab that held nothing else is gone after removal") {
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

TEST_CASE("a crontab(1) that forgets what it was given is found out") {
  FakeUser user;
  user.program("crontab", "[ $1 != -l ] || echo '# other'");
  CHECK_THROWS_WITH_AS(install_schedule(settings_of()), doctest::Contains("cannot change the crontab"),
                       Error);
}

TEST_CASE("a machine with neither scheduler says so") {
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

TEST_CASE("units go even when no manager answers any more") {
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

TEST_CASE("a timer that somebody stopped has no next time") {
  FakeUser user;
  user.with_manager(true);
  install_schedule(settings_of());
  user.program("systemctl", "[ $2 != is-active ] || { echo inactive; exit 3; }");
  const ScheduleStatus status = schedule_status("/home/me/store");
  CHECK_FALSE(status.jobs[0].next_ns);
  CHECK(contains(status.jobs[0].when, "stopped"));
}

TEST_CASE("a schedule for another store is told as such") {
  FakeUser user;
  user.with_crontab();
  install_schedule(settings_of("/home/me/other"));
  const ScheduleStatus status = schedule_status("/home/me/store");
  CHECK(status.store == "/home/me/other");
  CHECK(status.log_directory == "/home/me/other/logs");
  CHECK(contains(status.notes.front(), "/home/me/other"));
}

}  // namespace envstore

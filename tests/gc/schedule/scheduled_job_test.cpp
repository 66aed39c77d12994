#include "gc/schedule/scheduled_job.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "store/index/store.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "store/process/child.h"
#include "store/process/priority.h"
#include "store/temporary_directory.h"

namespace envstore {
namespace {

class JobWorld {
 public:
  JobWorld() { Store::open(store(), clock_); }
  std::string store() const { return directory_.path() + "/store"; }
  std::string path(const std::string& name) const { return store() + "/" + name; }
  std::string log() const { return read_file(AT_FDCWD, path("logs/gc.log")); }

  /// In a process of its own, because run_scheduled_job changes its process. Returns the exit code; 99: an
  /// Error was thrown.
  int run(const std::string& shell, mode_t mask = 022) const {
    const pid_t pid = fork();
    if (pid == 0) {
      umask(mask);
      dup2(open((directory_.path() + "/stderr").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
      try {
        _exit(run_scheduled_job(store(), "gc", {"/bin/sh", "-c", shell}));
      } catch (const Error&) {
        _exit(99);
      }
    }
    const auto status = wait_for_child(pid);
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }
  std::string stderr_text() const { return read_file(AT_FDCWD, directory_.path() + "/stderr"); }

 private:
  SystemClock clock_;
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a job's end, exit code and last line are recorded, and a successful job prints nothing") {
  const JobWorld world;
  CHECK_FALSE(read_job_record(world.store(), "gc"));
  CHECK(world.run("echo begun; echo 'freed 3 GB'") == 0);
  const auto record = read_job_record(world.store(), "gc");
  REQUIRE(record);
  CHECK(record->exit_code == 0);
  CHECK(record->last_line == "freed 3 GB");
  CHECK(record->ended_ns >= record->started_ns);
  CHECK(world.stderr_text().empty());
  CHECK(world.log().find("begun\nfreed 3 GB\n") != std::string::npos);
}

TEST_CASE("the line of a failed job is its error, not the hint after it") {
  const JobWorld world;
  CHECK(world.run("echo 'error: no space' >&2; echo 'hint: buy a disk' >&2; exit 3") == 3);
  CHECK(read_job_record(world.store(), "gc")->last_line == "error: no space");
  CHECK(world.stderr_text() == "envstore: the job gc failed: error: no space\n");
}

TEST_CASE("a job that a signal ended has 128 and its number") {
  const JobWorld world;
  CHECK(world.run("kill -9 $$") == 137);
  CHECK(read_job_record(world.store(), "gc")->exit_code == 137);
}

TEST_CASE("a missing program is an error in the record") {
  const JobWorld world;
  const pid_t pid = fork();
  if (pid == 0) {
    close(STDERR_FILENO);
    _exit(run_scheduled_job(world.store(), "gc", {"/nowhere/envstore", "gc"}));
  }
  CHECK(WEXITSTATUS(*wait_for_child(pid)) == 1);
  CHECK(
      read_job_record(world.store(), "gc")->last_line.starts_with("error: cannot start '/nowhere/envstore'"));
}

TEST_CASE("with any umask, no other user can read the logs") {
  for (const mode_t mask : {mode_t{0777}, mode_t{0}}) {
    const JobWorld world;
    CHECK(world.run("umask", mask) == 0);
    CHECK(read_job_record(world.store(), "gc")->last_line == "0077");
    CHECK((stat_at(AT_FDCWD, world.path("logs"), Links::follow)->mode & 0777) == 0700);
    for (const char* name : {"logs/gc.log", "logs/gc.json"})
      CHECK((stat_at(AT_FDCWD, world.path(name), Links::follow)->mode & 0777) == 0600);
  }
}

TEST_CASE("a job runs at nice 5, without input, in the root directory") {
  const JobWorld world;
  world.run("nice; cat; pwd; sed 's/.*) //' /proc/self/stat | cut -d' ' -f39");
  const int nice = std::max(getpriority(PRIO_PROCESS, 0), priority::kMildNice);
  CHECK(world.log().find(std::to_string(nice) + "\n/\n0\n") != std::string::npos);  // 0: SCHED_OTHER
}

TEST_CASE("a job with endless output fills neither the disk nor a pipe") {
  const JobWorld world;
  CHECK(
      world.run("i=0; while [ $i -lt 30000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); "
                "done; echo done") == 0);
  CHECK(world.log().size() < (130 << 10));
  CHECK(world.log().find(" bytes more\n") != std::string::npos);
  CHECK(read_job_record(world.store(), "gc")->last_line == "done");
  for (int i = 0; i < 6; ++i) world.run("head -c 200000 /dev/zero | tr '\\0' x");
  std::uint64_t bytes = 0;
  const auto files = list_directory(AT_FDCWD, world.path("logs"));
  for (const DirectoryEntry& file : files)
    bytes += stat_at(AT_FDCWD, world.path("logs/" + file.name), Links::follow)->size;
  CHECK(files.size() == 3);
  CHECK(bytes < (768 << 10));
}

TEST_CASE("a process that a job leaves does not delay its end") {
  const JobWorld world;
  int ends[2];
  // The background process ends with this test, because it has only the read end of the pipe.
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const int inherited = dup(ends[0]);
  const std::string left = "cat <&" + std::to_string(inherited) + " & echo gone";
  CHECK(world.run(left) == 0);
  CHECK(read_job_record(world.store(), "gc")->last_line == "gone");
  for (const int fd : {ends[0], ends[1], inherited}) close(fd);
}

TEST_CASE("the same job does not run twice at once") {
  const JobWorld world;
  {
    const Fd root = open_directory(AT_FDCWD, world.store());
    const auto lock = FileLock::attempt(root.get(), "locks/job-gc.lock", LockMode::exclusive);
    REQUIRE(lock);
    CHECK(is_job_running(world.store(), "gc"));
    CHECK(world.run("exit 7") == 0);
    CHECK_FALSE(read_job_record(world.store(), "gc"));
  }
  CHECK_FALSE(is_job_running(world.store(), "gc"));
  CHECK(world.run("exit 7") == 7);
}

TEST_CASE("a run that was killed leaves the result of the one before, and shows as begun") {
  const JobWorld world;
  CHECK(world.run("echo first") == 0);
  world.run("kill -9 $PPID");
  const auto record = read_job_record(world.store(), "gc");
  REQUIRE(record);
  CHECK(record->last_line == "first");
  CHECK(record->started_ns > record->ended_ns);
  CHECK_FALSE(is_job_running(world.store(), "gc"));
}

TEST_CASE("a job that cannot be logged runs all the same, and the error is reported") {
  const JobWorld world;
  remove_tree(AT_FDCWD, world.path("logs"));
  create_file(AT_FDCWD, world.path("logs"), "in the way", 0600);
  CHECK(world.run("exit 4") == 4);
  CHECK(world.stderr_text().find("without a log") != std::string::npos);
}

TEST_CASE("no store is made where there is none") {
  const JobWorld world;
  remove_tree(AT_FDCWD, world.store());
  CHECK(world.run("exit 0") == 99);
  make_directory(AT_FDCWD, world.store(), 0700);
  CHECK(world.run("exit 0") == 99);
  CHECK(list_directory(AT_FDCWD, world.store()).empty());
}

TEST_CASE("an unreadable record counts as never run") {
  const JobWorld world;
  world.run("exit 0");
  for (const char* text :
       {"", "{", "[]", "{\"started_ns\": \"x\"}", "{\"started_ns\":1,\"ended_ns\":1,\"exit\":1}"}) {
    replace_file(AT_FDCWD, world.path("logs/gc.json"), text, 0600);
    CHECK_FALSE(read_job_record(world.store(), "gc"));
  }
}

}  // namespace envstore

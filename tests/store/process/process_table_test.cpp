#include "store/process/process_table.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "store/platform/error.h"
#include "store/process/child_output.h"
#include "store/process/process_roles.h"
#include "tests/store/processes.h"

using namespace envstore;
using namespace std::string_literals;

namespace {

/// A program that waits until this object ends.
struct Program {
  explicit Program(std::vector<std::string> argv)
      : ends(make_pipe()),
        child(spawn({.arguments = std::move(argv),
                     .executable = "/bin/cat",
                     .environment = {{"WORD=a word", "ENVSTORE_LEASE=0123"}},
                     .input = to_descriptor(ends.reader.get()),
                     .error_output = kNullDevice,
                     .directory = "/usr",
                     .abandoned = Abandoned::kill})) {}
  PipeEnds ends;
  ChildProcess child;
};

bool contains(const std::vector<pid_t>& pids, pid_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

}  // namespace

TEST_CASE("the list has the processes that run, without this one") {
  const Program program({"cat"});
  const std::vector<pid_t> pids = other_processes();
  CHECK(contains(pids, program.child.pid()));
  CHECK_FALSE(contains(pids, getpid()));
  CHECK(contains(children_of_this_thread(), program.child.pid()));
}

TEST_CASE("a process is read: environment, arguments, links, open files") {
  const Program program({"cat", "-"});
  const auto process = ProcessView::open(program.child.pid());
  REQUIRE(process.has_value());
  CHECK(process->pid() == program.child.pid());
  CHECK(process->read("environ") == "WORD=a word\0ENVSTORE_LEASE=0123\0"s);
  CHECK(read_process_file(program.child.pid(), "comm") == "cat\n");
  CHECK(read_process_file(program.child.pid(), "cmdline") == "cat\0-\0"s);
  CHECK(process->command() == "cat -");
  CHECK(process->link("cwd") == "/usr");
  CHECK(process->link("exe").ends_with("/cat"));
  const auto files = process->open_files();
  CHECK(std::any_of(files.begin(), files.end(), [](const auto& file) { return file.starts_with("pipe:"); }));
}

TEST_CASE("a process that ends while it is looked at reads as empty") {
  std::optional<Program> program(std::in_place, std::vector<std::string>{"cat"});
  const pid_t pid = program->child.pid();
  const auto process = ProcessView::open(pid);
  REQUIRE(process.has_value());
  program.reset();
  CHECK_FALSE(ProcessView::open(pid).has_value());
  CHECK(process->read("environ").empty());
  CHECK(process->link("exe").empty());
  CHECK(process->open_files().empty());
  CHECK(process->command() == "[]");
  CHECK(read_process_file(pid, "environ").empty());
  CHECK(read_process_file(pid, "cmdline").empty());
  CHECK_FALSE(contains(other_processes(), pid));
}

TEST_CASE("a process may end at each moment while its open files are listed") {
  for (int round = 0; round < 200; ++round) {
    Program program({"cat"});
    const auto process = ProcessView::open(program.child.pid());
    REQUIRE(process.has_value());
    REQUIRE_FALSE(process->open_files().empty());
    std::atomic_bool has_ended = false;
    std::jthread parent([&] {
      program.ends.writer = Fd();
      program.child.wait();
      has_ended = true;
    });
    while (!has_ended) process->open_files();
    parent.join();
    CHECK(process->open_files().empty());
  }
}

TEST_CASE("a shortage of descriptors is an error, not an absence") {
  const Program program({"cat"});
  const pid_t pid = program.child.pid();
  const auto process = ProcessView::open(pid);
  REQUIRE(process);
  const std::vector<std::function<void()>> reads = {
      [&] { ProcessView::open(pid); }, [&] { read_process_file(pid, "environ"); },
      [&] { process->read("maps"); }, [&] { process->open_files(); }, [&] { other_processes(); }};
  for (std::size_t i = 0; i < reads.size(); ++i) {
    CAPTURE(i);
    Child without_descriptors([&] {
      const struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};
      if (setrlimit(RLIMIT_NOFILE, &few) != 0) _exit(4);
      while (open("/dev/null", O_RDONLY) >= 0) continue;
      try {
        reads[i]();
      } catch (const Error&) {
        _exit(0);
      }
      _exit(3);
    });
    CHECK(without_descriptors.wait() == 0);
  }
}

TEST_CASE("a variable is found whole") {
  const std::string environment = "A=1\0NOT_A=2\0B=12\0"s;
  CHECK(has_variable(environment, "A=1"));
  CHECK(has_variable(environment, "B=12"));
  CHECK(has_variable("B=12", "B=12"));
  CHECK_FALSE(has_variable(environment, "A=2"));
  CHECK_FALSE(has_variable(environment, "B=1"));
  CHECK_FALSE(has_variable("", "A=1"));
}

TEST_CASE("a hidden command is recognised by its arguments, whatever the executable") {
  const Program finishes_a_run(role::arguments(role::kFinishRun, {"-"}));
  const Program other({"envstore", "finish-running", "-"});
  CHECK(role::is_process_with(finishes_a_run.child.pid(), role::kFinishRun));
  CHECK_FALSE(role::is_process_with(finishes_a_run.child.pid(), role::kInterrupted));
  CHECK_FALSE(role::is_process_with(other.child.pid(), role::kFinishRun));
  CHECK(has_variable(read_process_file(other.child.pid(), "environ"), role::lease_variable("0123")));
}

TEST_CASE("this process's own arguments are those that it was started with") {
  const auto words = own_arguments();
  REQUIRE_FALSE(words.empty());
  CHECK(words.front().ends_with("test"));
}

#include "store/process/spawn.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "store/platform/error.h"
#include "store/process/child.h"
#include "store/process/child_output.h"
#include "store/process/signals.h"
#include "tests/store/processes.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

/// The output of a shell script that was started with `spec`; hangs end after a minute.
std::string output_of(const std::string& script, ChildSpec spec = {}) {
  spec.arguments = {"/bin/sh", "-c", script};
  spec.abandoned = Abandoned::kill;
  const Captured captured = capture(std::move(spec), CapturedStreams::output, {std::chrono::minutes(1)});
  REQUIRE(captured.error_number == 0);
  return captured.output;
}

/// A child that reads from a pipe until this object closes it.
struct Waiting {
  explicit Waiting(ChildSpec spec) : ends(make_pipe()), child(start(std::move(spec))) {}
  ChildProcess start(ChildSpec spec) const {
    spec.arguments = {"/bin/cat"};
    spec.input = to_descriptor(ends.reader.get());
    spec.abandoned = Abandoned::kill;
    return spawn(spec);
  }
  PipeEnds ends;
  ChildProcess child;
};

std::string line_of_status(const std::string& name, ChildSpec spec) {
  return output_of("grep '^" + name + ":' /proc/self/status | cut -f2", std::move(spec));
}
constexpr const char* kNoSignals = "0000000000000000\n";

}  // namespace

TEST_CASE("the streams of a child are those of its specification") {
  const Fd in = file_in_memory("word");
  Captured captured = capture({.arguments = {"/bin/sh", "-c", "cat; echo oops >&2"},
                               .input = to_descriptor(in.get()),
                               .abandoned = Abandoned::kill},
                              CapturedStreams::output_and_errors, {});
  CHECK(captured.output == "word");
  CHECK(captured.error_output == "oops\n");
  CHECK(output_of("cat; readlink /proc/self/fd/0", {.input = kNullDevice}) == "/dev/null\n");
}

TEST_CASE("redirected streams do not overwrite each other if this process was started without any") {
  Child without_streams([] {
    for (const int fd : {0, 1, 2}) close(fd);
    const Fd out = file_in_memory("");  // the number of the child's input
    const Fd in = file_in_memory("word");
    ChildProcess child = spawn({.arguments = {"/bin/cat"},
                                .input = to_descriptor(in.get()),
                                .output = to_descriptor(out.get()),
                                .error_output = kNullDevice});
    char text[5] = {};
    if (out.get() != 0 || !succeeded(child.wait()) || pread(out.get(), text, 4, 0) != 4) _exit(2);
    _exit(std::string(text) == "word" ? 0 : 3);
  });
  CHECK(without_streams.wait() == 0);
}

TEST_CASE("a missing program is reported by its error number, or thrown as an error") {
  CHECK(try_spawn({.arguments = {"/nowhere/program"}}).error_number == ENOENT);
  Child searches([] {
    setenv("PATH", "/usr/bin:/bin", 1);  // a directory that may not be searched would give EACCES
    const ChildSpec spec{.arguments = {"envstore-no-such-program"}, .search = ProgramSearch::path_variable};
    _exit(try_spawn(spec).error_number == ENOENT ? 0 : 1);
  });
  CHECK(searches.wait() == 0);
  CHECK_THROWS_WITH_AS(spawn({.arguments = {"/nowhere/program"}}),
                       "cannot start '/nowhere/program': No such file or directory", Error);
}

TEST_CASE("a name is searched on PATH only if that was requested") {
  CHECK(try_spawn({.arguments = {"sh", "-c", "exit"}}).error_number == ENOENT);
  CHECK(succeeded(spawn({.arguments = {"sh", "-c", "exit"}, .search = ProgramSearch::path_variable}).wait()));
}

TEST_CASE("argv[0] may differ from the program") {
  Captured captured = capture(
      {.arguments = {"another-name", "-c", "echo $0"}, .executable = "/bin/sh", .abandoned = Abandoned::kill},
      CapturedStreams::output, {});
  CHECK(captured.output == "another-name\n");
}

TEST_CASE("a child has the given environment and directory, or those of this process") {
  CHECK(output_of("echo $WORD; pwd", {.environment = {{"WORD=a word"}}, .directory = "/usr"}) ==
        "a word\n/usr\n");
  setenv("ENVSTORE_SPAWN_TEST", "inherited", 1);
  CHECK(output_of("echo $ENVSTORE_SPAWN_TEST") == "inherited\n");
  const auto kept =
      filtered_environment([](std::string_view entry) { return entry.starts_with("ENVSTORE_SPAWN_TEST="); });
  unsetenv("ENVSTORE_SPAWN_TEST");
  CHECK(kept == std::vector<std::string>{"ENVSTORE_SPAWN_TEST=inherited"});
}

TEST_CASE("a child is in this process's group, in its own, or in its own session") {
  const Waiting same({}), group({.group = ProcessGroup::own_group}),
      session({.group = ProcessGroup::own_session});
  CHECK(getpgid(same.child.pid()) == getpgrp());
  CHECK(getpgid(group.child.pid()) == group.child.pid());
  CHECK(getsid(group.child.pid()) == getsid(0));
  CHECK(getsid(session.child.pid()) == session.child.pid());
}

TEST_CASE("the signal mask and dispositions are inherited or reset, as described") {
  struct sigaction ignored {
  }, before{};
  ignored.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGHUP, &ignored, &before) == 0);
  {
    const AllSignalsBlocked blocked;
    CHECK(line_of_status("SigBlk", {}) != kNoSignals);
    CHECK(line_of_status("SigBlk", {.signal_mask = no_signals()}) == kNoSignals);
  }
  const auto ignores_hangup = [](const std::string& mask) {
    return (std::stoull(mask, nullptr, 16) & 1) != 0;
  };
  CHECK(ignores_hangup(line_of_status("SigIgn", {})));
  CHECK_FALSE(ignores_hangup(line_of_status("SigIgn", {.dispositions = Dispositions::defaults})));
  REQUIRE(sigaction(SIGHUP, &before, nullptr) == 0);
}

TEST_CASE("descriptors of this process are not leaked into a child") {
  const PipeEnds pipe = make_pipe();
  const Fd memory = file_in_memory("secret");
  CHECK(output_of("for fd in /proc/$$/fd/*; do readlink $fd; done").find("envstore") == std::string::npos);
  CHECK(output_of("test -e /proc/$$/fd/" + std::to_string(pipe.writer.get()) + " || echo closed") ==
        "closed\n");
}

TEST_CASE("waiting ends at the deadline, and with the child") {
  Waiting waiting({});
  CHECK_FALSE(waiting.child.ends_by(std::chrono::steady_clock::now()));
  waiting.ends.writer = Fd();
  CHECK(waiting.child.ends_by(std::nullopt));
  CHECK(waiting.child.ends_by(std::chrono::steady_clock::now()));
  CHECK(succeeded(waiting.child.wait()));
  CHECK(waiting.child.pid() == -1);
  CHECK_FALSE(waiting.child.wait().has_value());
}

TEST_CASE("a child that was killed is reported as such") {
  Waiting waiting({});
  waiting.child.kill();
  const auto status = waiting.child.wait();
  REQUIRE(status.has_value());
  CHECK(WIFSIGNALED(*status));
  CHECK(exit_code_of(*status) == 128 + SIGKILL);
}

TEST_CASE("an abandoned child is killed with its group, if it was described so") {
  PipeEnds alive = make_pipe();  // the grandchild holds the writer
  const PipeEnds never = make_pipe();
  {
    const ChildProcess child = spawn({.arguments = {"/bin/sh", "-c", "cat & wait"},
                                      .input = to_descriptor(never.reader.get()),
                                      .output = to_descriptor(alive.writer.get()),
                                      .group = ProcessGroup::own_group,
                                      .abandoned = Abandoned::kill_group});
    alive.writer = Fd();
  }
  char byte = 0;
  CHECK(read(alive.reader.get(), &byte, 1) == 0);  // else this test hangs
}

TEST_CASE("a released child is not waited for") {
  Waiting waiting({});
  pid_t pid = -1;
  {
    ChildProcess moved = std::move(waiting.child);
    pid = moved.release();
  }
  CHECK(kill(pid, 0) == 0);
  waiting.ends.writer = Fd();
  CHECK(succeeded(wait_for_child(pid)));
}

TEST_CASE("a detached program has a session, no streams and no ignored or blocked signals") {
  TemporaryDirectory directory;
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  {
    const AllSignalsBlocked blocked;
    spawn_detached("/bin/sh",
                   {"sh", "-c",
                    "session=$(cut -d' ' -f6 /proc/$$/stat); blocked=$(grep SigBlk /proc/$$/status)\n"
                    "streams=$(for fd in 0 1 2; do readlink /proc/$$/fd/$fd; done)\n"
                    "printf '%s\\n' \"$session $$\" \"$streams\" \"$blocked\" > " +
                        fifo});
  }
  const std::string told = read_file(AT_FDCWD, fifo);
  const std::string session = told.substr(0, told.find(' '));
  CHECK(told == session + " " + session + "\n/dev/null\n/dev/null\n/dev/null\nSigBlk:\t" + kNoSignals);
  CHECK(wait_for_child(-1).has_value());
}

TEST_CASE("the shell runs a file without an interpreter line, if that was requested") {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/script";
  create_file(AT_FDCWD, path, "exit $1\n", 0700);
  CHECK(try_spawn({.arguments = {path, "7"}}).error_number == ENOEXEC);
  const auto status = spawn({.arguments = {path, "7"}, .shell_fallback = ShellFallback::yes}).wait();
  CHECK((status && exit_code_of(*status) == 7));
  Child becomes_it([&] { exec_program(path, {"argv0", "8"}, nullptr, ShellFallback::yes); });
  CHECK(becomes_it.wait() == 8);
}

TEST_CASE("this process becomes another program, or gets the error number") {
  const std::vector<std::string> environment{"CODE=9"};
  Child becomes_it([&] { exec_program("/bin/sh", {"sh", "-c", "exit $CODE"}, &environment); });
  CHECK(becomes_it.wait() == 9);
  CHECK(exec_program("/nowhere/program", {"program"}) == ENOENT);
}

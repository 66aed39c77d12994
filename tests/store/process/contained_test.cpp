#include "store/process/contained.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/process/child.h"
#include "store/process/child_output.h"
#include "store/process/process_table.h"
#include "store/process/signals.h"
#include "tests/store/processes.h"

using namespace envstore;

namespace {

/// A pipe as error output, whose end is seen when every process that has got it has ended.
class Witness {
 public:
  ChildSpec shell(const std::string& code) const { return with({"/bin/sh", "-c", code}); }
  ChildSpec python(const std::string& code) const { return with({"/usr/bin/python3", "-c", code}); }
  /// What they wrote until the last has ended.
  std::string wait() {
    ends_.writer = Fd();
    std::string text;
    char c = 0;
    while (read(ends_.reader.get(), &c, 1) == 1) text += c;
    return text;
  }

 private:
  ChildSpec with(std::vector<std::string> arguments) const {
    return {.arguments = std::move(arguments),
            .input = kNullDevice,
            .output = kNullDevice,
            .error_output = to_descriptor(ends_.writer.get())};
  }

  PipeEnds ends_ = make_pipe();
};

/// Python code that makes a daemon: a session of its own, nothing in common, deaf to what asks it to end.
std::string daemon_code(const std::string& after) {
  return "import os, signal\n"
         "def become_daemon():\n"
         "    if os.fork(): return False\n"
         "    os.setsid()\n"
         "    if os.fork(): os._exit(0)\n"
         "    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
         "    kept = os.dup(2)\n"
         "    os.closerange(0, 3)\n"
         "    os.write(fd, b'd')\n"
         "    while True: signal.pause()\n"
         "ready, fd = os.pipe()\n" +
         after;
}

ChildSpec shell(const std::string& code) {
  return {.arguments = {"/bin/sh", "-c", code}, .input = kNullDevice, .output = kNullDevice};
}

const char* const kSleep = "exec sleep 1000";

}  // namespace

TEST_CASE("a contained program's status and output are those of the program") {
  PipeEnds ends = make_pipe();
  ChildSpec spec = shell("echo out; echo error >&2; exit 7");
  spec.output = spec.error_output = to_descriptor(ends.writer.get());
  ContainedProcess contained(spec);
  ends.writer = Fd();
  std::string text;
  std::vector<ReadStream> streams;
  streams.push_back({std::move(ends.reader), [&](std::string_view piece) {
                       text += piece;
                       return true;
                     }});
  CHECK(read_output(contained.supervisor(), streams, std::nullopt) == OutputEnd::complete);
  const auto status = contained.wait();
  CHECK(contained.error_number() == 0);
  CHECK((status && exit_code_of(*status) == 7));
  CHECK(text == "out\nerror\n");
}

TEST_CASE("the status of a contained program that a signal killed has the signal") {
  const auto status = ContainedProcess(shell("kill -9 $$")).wait();
  CHECK((status && exit_code_of(*status) == 137));
}

TEST_CASE("a contained program that cannot be started is an error with the reason") {
  ContainedProcess contained({.arguments = {"/nowhere/program"}});
  CHECK(contained.error_number() == ENOENT);
  CHECK_FALSE(contained.wait().has_value());
}

TEST_CASE("a contained program has the default signals") {
  ChildSpec spec = shell("kill -TERM $$; exit 0");
  const AllSignalsBlocked blocked;
  const auto status = ContainedProcess(spec).wait();
  CHECK((status && exit_code_of(*status) == 143));
}

TEST_CASE("background processes and daemons end with the program") {
  for (const char* const code : {"become_daemon(); os.read(ready, 1)", "[become_daemon() for _ in range(20)]",
                                 "become_daemon(); os.read(ready, 1); os.kill(os.getpid(), 9)"}) {
    CAPTURE(code);
    Witness witness;
    ContainedProcess contained(witness.python(daemon_code(code)));
    contained.wait();
    CHECK(witness.wait().empty());
  }
  Witness witness;
  ContainedProcess contained(witness.shell("sleep 1000 & nohup sleep 1000 & exit 3"));
  CHECK(exit_code_of(*contained.wait()) == 3);
  CHECK(witness.wait().empty());
}

TEST_CASE("a contained program that is given up ends with all that it started") {
  Witness witness;
  const std::string code = std::string("sleep 1000 & ") + kSleep;
  {
    ContainedProcess contained(witness.shell(code));
    contained.end();
    CHECK_FALSE(contained.wait().has_value());
  }
  { const ContainedProcess contained(witness.shell(code)); }
  (void)witness.wait();
}

TEST_CASE("a contained program ends when the process that started it is killed") {
  Witness witness;
  PipeEnds started = make_pipe();
  Child child([&] {
    ChildSpec spec = witness.shell(std::string("echo; sleep 1000 & ") + kSleep);
    spec.output = to_descriptor(started.writer.get());
    const ContainedProcess contained(spec);
    while (true) pause();
  });
  char c = 0;
  CHECK(read(started.reader.get(), &c, 1) == 1);
  child.kill();
  child.wait();
  (void)witness.wait();
}

TEST_CASE("contained programs do not touch other children, nor each other's") {
  ChildProcess other = spawn(shell(kSleep));
  ContainedProcess first(shell(kSleep));
  ContainedProcess second(shell("exit 0"));
  CHECK(exit_code_of(*second.wait()) == 0);
  CHECK_FALSE(other.ends_by(std::chrono::steady_clock::now()));
  CHECK_FALSE(first.supervisor().ends_by(std::chrono::steady_clock::now()));
  ::kill(other.pid(), SIGKILL);
}

TEST_CASE("after an exec the supervisors of contained programs can be waited for") {
  Child child([] {
    auto* const contained = new ContainedProcess(shell(kSleep));  // forgotten, as by execve(2)
    contained->end();
    wait_for_contained(std::chrono::minutes(1));
    if (!children_of_this_thread().empty()) throw std::runtime_error("a supervisor is left");
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("a contained program inherits no descriptor that is close-on-exec") {
  const PipeEnds kept = make_pipe();
  PipeEnds ends = make_pipe();
  ChildSpec spec = shell("ls /proc/self/fd | wc -l");
  spec.output = to_descriptor(ends.writer.get());
  ContainedProcess(spec).wait();
  ends.writer = Fd();
  char text[8] = {};
  CHECK(read(ends.reader.get(), text, sizeof text) > 0);
  CHECK(std::stoi(text) <= 4);  // three streams and the directory
}

// crash_driver [OPTIONS] -- COMMAND...
//
// Runs a command and its descendants under ptrace, numbers their system calls, and at one of them kills
// processes, makes the call fail or injects an event. When the last process has ended, writes one line of
// JSON to --report.
//   --select WHAT      changes (default), all, enospc, eio, emfile, eintr: which calls are numbered
//   --kill N           the caller of call N gets SIGKILL before the call is made
//   --kill-all N       all processes do
//   --fail N           call N is not made and returns the error that --select names
//   --at N             before call N is made, the following happens (--select changes or all)
//   --shell TEXT         this shell command is run to completion
//   --clock SECONDS      from then on all processes see a clock shifted by this
//   --program PREFIX   only calls of programs whose file name starts with this are numbered
//   --seconds S        after this time all processes are killed and `hung` is true (60)
//   --report FILE

#include <sys/wait.h>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "driver.h"

namespace crash {
namespace {

Select selected(const std::string& name) {
  static const std::map<std::string, Select> kNames{{"changes", Select::changes}, {"all", Select::all},
                                                    {"enospc", Select::enospc},   {"eio", Select::eio},
                                                    {"emfile", Select::emfile},   {"eintr", Select::eintr}};
  return kNames.at(name);
}

struct Request {
  Orders orders;
  std::string report;
  bool fails = false;
};

void read_option(Request& request, const std::string& name, const std::string& value) {
  Orders& orders = request.orders;
  if (name == "--select")
    orders.select = selected(value);
  else if (name == "--program")
    orders.program = value;
  else if (name == "--report")
    request.report = value;
  else if (name == "--seconds")
    orders.seconds = static_cast<unsigned>(std::stoul(value));
  else if (name == "--shell")
    orders.event.shell = value;
  else if (name == "--clock")
    orders.event.clock_off = std::stoll(value);
  else if (name == "--at")
    orders.at = std::stoull(value);
  else if (name == "--kill" || name == "--kill-all" || name == "--fail") {
    orders.at = std::stoull(value);
    orders.victim = name == "--kill" ? Victim::caller : name == "--fail" ? Victim::nobody : Victim::everybody;
    request.fails = name == "--fail";
  } else
    throw std::invalid_argument("unknown option " + name);
}

Request read_arguments(const std::vector<std::string>& words) {
  Request request;
  std::size_t at = 0;
  for (; at + 1 < words.size() && words[at] != "--"; at += 2) read_option(request, words[at], words[at + 1]);
  if (at + 1 >= words.size() || words[at] != "--") throw std::invalid_argument("no command");
  request.orders.command.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
  if (request.fails && error_of(request.orders.select) == 0)
    throw std::invalid_argument("--fail needs a --select that names an error");
  return request;
}

void write_report(const std::string& path, const Outcome& outcome) {
  nlohmann::json report{{"calls", outcome.calls},     {"call", outcome.call},       {"hung", outcome.hung},
                        {"program", outcome.program}, {"crashed", outcome.crashed}, {"exit", nullptr},
                        {"signal", nullptr}};
  if (WIFEXITED(outcome.status)) report["exit"] = WEXITSTATUS(outcome.status);
  if (WIFSIGNALED(outcome.status)) report["signal"] = WTERMSIG(outcome.status);
  std::ofstream(path) << report.dump() << "\n";
}

}  // namespace
}  // namespace crash

int main(int argc, char** argv) {
  try {
    crash::Request request = crash::read_arguments({argv + 1, argv + argc});
    const crash::Outcome outcome = crash::Driver(request.orders).run();
    crash::write_report(request.report.empty() ? "/dev/stderr" : request.report, outcome);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "crash_driver: " << error.what() << "\n";
    return 2;
  }
}

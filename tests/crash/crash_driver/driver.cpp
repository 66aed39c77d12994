#include "driver.h"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "clock.h"
#include "filter.h"
#include "registers.h"

namespace crash {
namespace {

constexpr long kOptions = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

volatile std::sig_atomic_t is_late = 0;

void note_late(int) {
  is_late = 1;
}

/// Without SA_RESTART, so that the alarm interrupts waitpid.
void set_alarm(unsigned seconds) {
  struct sigaction action {};
  action.sa_handler = note_late;
  sigaction(SIGALRM, &action, nullptr);
  alarm(seconds);
}

std::string link_target(const std::string& path) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t size = readlink(path.c_str(), buffer.data(), buffer.size());
  return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

pid_t process_of(pid_t thread) {
  const std::string path = "/proc/" + std::to_string(thread) + "/status";
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return thread;
  char line[256];
  long process = thread;
  while (std::fgets(line, sizeof line, file) != nullptr)
    if (std::sscanf(line, "Tgid: %ld", &process) == 1) break;
  (void)std::fclose(file);
  return static_cast<pid_t>(process);
}

bool is_own_fault(int signal) {
  return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGILL || signal == SIGFPE;
}

[[noreturn]] void become(const Orders& orders) {
  std::vector<char*> argv;
  for (const std::string& word : orders.command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  (void)raise(SIGSTOP);
  if (stop_before_calls(orders.select)) execvp(argv.front(), argv.data());
  std::perror(argv.front());
  _exit(127);
}

}  // namespace

Outcome Driver::run() {
  start();
  set_alarm(orders_.seconds);
  while (true) {
    int status = 0;
    const pid_t thread = waitpid(-1, &status, __WALL);
    if (thread < 0 && errno == EINTR && is_late != 0 && !outcome_.hung) {
      outcome_.hung = true;
      kill_everybody();
    }
    if (thread < 0 && errno == EINTR) continue;
    if (thread < 0) break;  // no child is left
    attend(thread, status);
  }
  return outcome_;
}

void Driver::start() {
  command_ = fork();
  if (command_ < 0) throw std::runtime_error("cannot fork");
  if (command_ == 0) become(orders_);
  int status = 0;
  if (waitpid(command_, &status, WUNTRACED) != command_ || !WIFSTOPPED(status))
    throw std::runtime_error("the command did not stop");
  if (ptrace(PTRACE_SEIZE, command_, 0, kOptions) != 0)
    throw std::runtime_error(std::string("cannot trace: ") + std::strerror(errno));
  kill(command_, SIGCONT);
}

void Driver::attend(pid_t thread, int status) {
  if (WIFEXITED(status) || WIFSIGNALED(status)) return ended(thread, status);
  threads_.insert(thread);
  if (WIFSTOPPED(status)) at_stop(thread, status);
}

void Driver::at_stop(pid_t thread, int status) {
  const int signal = WSTOPSIG(status), event = status >> 16;
  long delivered = 0;
  if (event == PTRACE_EVENT_SECCOMP) {
    at_call(thread);
  } else if (event == PTRACE_EVENT_EXEC) {
    programs_.erase(thread);
    if (orders_.event.clock_off != 0) make_clock_a_call(thread);
  } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {  // a group stop
    ptrace(PTRACE_LISTEN, thread, 0, 0);
    return;
  } else if (event == 0) {
    delivered = signal;
  }
  ptrace(PTRACE_CONT, thread, 0, delivered);  // if it fails, the thread was killed; waitpid reports that next
}

void Driver::at_call(pid_t thread) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return;
  Call call;
  call.number = info.seccomp.nr;
  std::memcpy(call.arguments, info.seccomp.args, sizeof call.arguments);
  if (lowers_priority(call)) skip_call(thread, 0);
  if (clock_off_ != 0 && answer_the_time(thread, call, clock_off_)) return;
  if (!is_numbered(thread, call)) return;
  if (++outcome_.calls == orders_.at) act(thread, call);
}

void Driver::act(pid_t thread, const Call& call) {
  outcome_.call = name_of(call);
  outcome_.program = program_of(thread);
  if (orders_.victim == Victim::everybody) {
    kill_everybody();
  } else if (orders_.victim == Victim::caller) {
    kill(process_of(thread), SIGKILL);
  } else if (error_of(orders_.select) == 0) {
    let_happen();
  } else {
    skip_call(thread, -error_of(orders_.select));
  }
}

void Driver::let_happen() {
  clock_off_ = orders_.event.clock_off;
  if (orders_.event.shell.empty()) return;
  if (std::system(orders_.event.shell.c_str()) != 0)
    throw std::runtime_error("this failed: " + orders_.event.shell);
}

void Driver::ended(pid_t thread, int status) {
  if (WIFSIGNALED(status) && is_own_fault(WTERMSIG(status)))
    outcome_.crashed.push_back(program_of(thread) + ": " + strsignal(WTERMSIG(status)));
  if (thread == command_) outcome_.status = status;
  threads_.erase(thread);
  programs_.erase(thread);
}

void Driver::kill_everybody() {
  for (const pid_t thread : threads_) kill(process_of(thread), SIGKILL);
}

bool Driver::is_numbered(pid_t thread, const Call& call) {
  return is_selected(orders_.select, call) && program_of(thread).starts_with(orders_.program);
}

const std::string& Driver::program_of(pid_t thread) {
  std::string& program = programs_[thread];
  if (program.empty()) {
    const std::string path = link_target("/proc/" + std::to_string(thread) + "/exe");
    program = path.substr(path.rfind('/') + 1);
  }
  return program;
}

}  // namespace crash

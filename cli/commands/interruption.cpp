#include "cli/commands/interruption.h"

#include <unistd.h>

#include <array>
#include <system_error>

#include "store/process/process_roles.h"
#include "store/process/spawn.h"

namespace envstore {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
constexpr int kWake = SIGUSR2;  // only sent by this process to its own thread

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Interruption::Interruption(std::string store, StatusLine& progress)
    : store_(std::move(store)), progress_(progress) {
  sigemptyset(&watched_);
  for (const int signal : kSignals)
    if (!is_ignored(signal)) sigaddset(&watched_, signal);  // stays ignored, as under nohup
  sigset_t blocked = watched_;
  sigaddset(&blocked, kWake);  // blocked first: if sent before the thread waits, it would end the process
  pthread_sigmask(SIG_BLOCK, &blocked, &original_);
  try {
    watcher_ = std::thread([this] { watch(); });
  } catch (const std::system_error&) {
    // Without the thread a signal ends the process at once, and the next run cleans up.
    pthread_sigmask(SIG_SETMASK, &original_, nullptr);
  }
}

Interruption::~Interruption() {
  if (!watcher_.joinable()) return;
  is_over_ = true;
  pthread_kill(watcher_.native_handle(), kWake);
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &original_, nullptr);
}

void Interruption::watch() {
  sigset_t waited = watched_;
  sigaddset(&waited, kWake);
  while (true) {
    siginfo_t info{};
    const int signal = sigwaitinfo(&waited, &info);
    if (is_over_) {
      if (signal > 0 && signal != kWake) kill(getpid(), signal);  // pending until the mask is restored
      return;
    }
    if (signal > 0 && signal != kWake) end(signal);
  }
}

void Interruption::end(int signal) {
  progress_.clear();
  const std::string number = std::to_string(signal);
  exec_program(role::kOwnProgram, role::arguments(role::kInterrupted, {"--store", store_, number}));
  _exit(128 + signal);
}

}  // namespace envstore

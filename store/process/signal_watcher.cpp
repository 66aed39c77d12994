#include "store/process/signal_watcher.h"

#include <unistd.h>

#include <system_error>

namespace envstore {
namespace {

constexpr int kWake = SIGUSR2;  // only sent by this process to its own thread

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

SignalWatcher::SignalWatcher(const std::vector<int>& signals, std::function<void(int)> act)
    : act_(std::move(act)) {
  sigemptyset(&watched_);
  for (const int signal : signals)
    if (!is_ignored(signal)) sigaddset(&watched_, signal);
  sigset_t blocked = watched_;
  sigaddset(&blocked, kWake);  // blocked first: if sent before the thread waits, it would end the process
  pthread_sigmask(SIG_BLOCK, &blocked, &original_);
  try {
    thread_ = std::thread([this] { watch(); });
  } catch (const std::system_error&) {
    pthread_sigmask(SIG_SETMASK, &original_, nullptr);
  }
}

SignalWatcher::~SignalWatcher() {
  if (!thread_.joinable()) return;
  is_over_ = true;
  pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &original_, nullptr);
}

void SignalWatcher::watch() {
  sigset_t waited = watched_;
  sigaddset(&waited, kWake);
  while (true) {
    siginfo_t info{};
    const int signal = sigwaitinfo(&waited, &info);
    if (is_over_) {
      if (signal > 0 && signal != kWake) kill(getpid(), signal);  // pending until the mask is restored
      return;
    }
    if (signal > 0 && signal != kWake) act_(signal);
  }
}

}  // namespace envstore

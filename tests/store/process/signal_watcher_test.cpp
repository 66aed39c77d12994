#include "store/process/signal_watcher.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <unistd.h>

#include <future>

#include "tests/store/processes.h"

using namespace envstore;

TEST_CASE("a signal is handled on the watcher's thread, once") {
  std::promise<int> first;
  std::atomic<int> calls = 0;
  {
    const SignalWatcher watcher({SIGTERM}, [&](int signal) {
      if (++calls == 1) first.set_value(signal);
    });
    kill(getpid(), SIGTERM);
    CHECK(first.get_future().get() == SIGTERM);
  }
  CHECK(calls == 1);
}

TEST_CASE("the signal mask is restored at the end") {
  sigset_t before{}, after{};
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  {
    const SignalWatcher watcher({SIGTERM}, [](int) {});
  }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGTERM, SIGUSR2})
    CHECK(sigismember(&before, signal) == sigismember(&after, signal));
}

TEST_CASE("an ignored signal stays ignored") {
  Child child([] {
    (void)std::signal(SIGHUP, SIG_IGN);
    const SignalWatcher watcher({SIGHUP, SIGTERM}, [](int signal) { _exit(signal); });
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    while (true) pause();
  });
  CHECK(child.wait() == SIGTERM);
}

TEST_CASE("without a watcher the signal has its usual effect") {
  Child child([] {
    (void)std::signal(SIGTERM, SIG_DFL);  // not doctest's handler
    {
      const SignalWatcher watcher({SIGTERM}, [](int) {});
    }
    kill(getpid(), SIGTERM);
    while (true) pause();
  });
  CHECK(child.wait() == 128 + SIGTERM);
}

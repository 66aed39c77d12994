#include "clock.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <cerrno>
#include <ctime>

#include "registers.h"

namespace crash {
namespace {

bool read_word(pid_t thread, std::uint64_t address, std::uint64_t& word) {
  errno = 0;
  word = static_cast<std::uint64_t>(ptrace(PTRACE_PEEKDATA, thread, address, 0));
  return errno == 0;
}

template <class Value>
void write_to(pid_t thread, std::uint64_t address, Value& value) {
  if (address == 0) return;
  const iovec own{&value, sizeof value};
  const iovec theirs{reinterpret_cast<void*>(address), sizeof value};  // NOLINT(performance-no-int-to-ptr)
  (void)process_vm_writev(thread, &own, 1, &theirs, 1, 0);
}

}  // namespace

/// The initial stack of a program: argument count, arguments, 0, environment, 0, auxiliary vector up to
/// AT_NULL.
void make_clock_a_call(pid_t thread) {
  constexpr std::uint64_t kWord = sizeof(std::uint64_t);
  std::uint64_t at = stack_pointer(thread), word = 0;
  if (at == 0 || !read_word(thread, at, word)) return;
  at += kWord * (word + 2);
  do {
    if (!read_word(thread, at, word)) return;
    at += kWord;
  } while (word != 0);
  for (; read_word(thread, at, word) && word != AT_NULL; at += 2 * kWord)
    if (word == AT_SYSINFO_EHDR) ptrace(PTRACE_POKEDATA, thread, at, static_cast<long>(AT_IGNORE));
}

std::vector<std::uint32_t> clock_calls() {
#ifdef SYS_time
  return {SYS_clock_gettime, SYS_gettimeofday, SYS_time};
#else
  return {SYS_clock_gettime, SYS_gettimeofday};
#endif
}

bool answer_the_time(pid_t thread, const Call& call, std::int64_t seconds) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += seconds;
  if (call.number == SYS_clock_gettime) {
    if (call.arguments[0] != CLOCK_REALTIME && call.arguments[0] != CLOCK_REALTIME_COARSE) return false;
    write_to(thread, call.arguments[1], now);
  } else if (call.number == SYS_gettimeofday) {
    timeval value{now.tv_sec, now.tv_nsec / 1000};
    write_to(thread, call.arguments[0], value);
#ifdef SYS_time
  } else if (call.number == SYS_time) {
    write_to(thread, call.arguments[0], now.tv_sec);
    skip_call(thread, now.tv_sec);
    return true;
#endif
  } else {
    return false;
  }
  skip_call(thread, 0);
  return true;
}

}  // namespace crash

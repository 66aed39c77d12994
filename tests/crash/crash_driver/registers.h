#pragma once
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>
#include <cstddef>
#include <cstdint>

// Not <linux/ptrace.h>: it fights with <sys/ptrace.h>, which has __ptrace_syscall_info as well.

namespace crash {

/// The call that the stopped thread is about to make is not made.
inline bool skip_call(pid_t thread) {
#if defined(__x86_64__)
  return ptrace(PTRACE_POKEUSER, thread, offsetof(user_regs_struct, orig_rax), -1L) == 0;
#elif defined(__aarch64__)
  int number = -1;
  iovec vector{&number, sizeof number};
  constexpr int kSystemCall = 0x404;  // NT_ARM_SYSTEM_CALL
  return ptrace(PTRACE_SETREGSET, thread, kSystemCall, &vector) == 0;
#else
#error "the driver knows x86-64 and aarch64"
#endif
}

/// What the call that has just ended returns.
inline bool set_result(pid_t thread, long result) {
#if defined(__x86_64__)
  return ptrace(PTRACE_POKEUSER, thread, offsetof(user_regs_struct, rax), result) == 0;
#elif defined(__aarch64__)
  user_regs_struct registers{};
  iovec vector{&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &vector) != 0) return false;
  registers.regs[0] = static_cast<std::uint64_t>(result);
  return ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &vector) == 0;
#endif
}

}  // namespace crash

#pragma once
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>
#include <cstddef>
#include <cstdint>

// Not <linux/ptrace.h>: it conflicts with <sys/ptrace.h>, which also declares __ptrace_syscall_info.

namespace crash {

/// The call before which the thread was stopped (PTRACE_EVENT_SECCOMP) is not made and returns `result`. A
/// thread that was killed in the meantime does not make it either.
inline void skip_call(pid_t thread, long result) {
#if defined(__x86_64__)
  ptrace(PTRACE_POKEUSER, thread, offsetof(user_regs_struct, orig_rax), -1L);
  ptrace(PTRACE_POKEUSER, thread, offsetof(user_regs_struct, rax), result);
#elif defined(__aarch64__)
  int number = -1;
  iovec vector{&number, sizeof number};
  constexpr int kSystemCall = 0x404;  // NT_ARM_SYSTEM_CALL
  ptrace(PTRACE_SETREGSET, thread, kSystemCall, &vector);
  user_regs_struct registers{};
  vector = {&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &vector) != 0) return;
  registers.regs[0] = static_cast<std::uint64_t>(result);
  ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &vector);
#else
#error "the driver knows x86-64 and aarch64"
#endif
}

/// 0: the thread was killed.
inline std::uint64_t stack_pointer(pid_t thread) {
  user_regs_struct registers{};
  iovec vector{&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &vector) != 0) return 0;
#if defined(__x86_64__)
  return registers.rsp;
#else
  return registers.sp;
#endif
}

}  // namespace crash

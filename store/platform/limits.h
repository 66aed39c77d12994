#pragma once
#include <cstdint>
#include <optional>

// Limits of resources that this process was started with (setrlimit(2)).

namespace envstore {

/// To be called first. Beyond the limit of file size (`ulimit -f`) a write fails with EFBIG instead of ending
/// the process without a word. The limit is meant for the user's program: as far as this process may, it
/// lifts it for itself, because the index is one file, and messages may go into another.
void lift_file_size_limit();
/// Before the user's program, or another one of ours, is started in this process's place or as its child.
/// The signal needs no restoring: a handler does not outlive exec.
void restore_file_size_limit();

/// Bytes of address space that this process may have (`ulimit -v`).
std::optional<std::uint64_t> address_space_limit();

/// True: the stack of the main thread may be smaller than the code was tried with (`ulimit -s`).
bool has_small_stack();

inline constexpr const char* kMemoryHint =
    "raise the limit of memory (`ulimit -v`, `ulimit -d`, or the container's)";
inline constexpr const char* kNoThreadHint =
    "raise the limit of processes (`ulimit -u`), of address space (`ulimit -v`) or of the container";

}  // namespace envstore

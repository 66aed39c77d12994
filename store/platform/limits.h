#pragma once
#include <cstdint>
#include <optional>

// Resource limits that this process was started with (setrlimit(2)).

namespace envstore {

/// Call this first. Afterwards a write beyond the file size limit (`ulimit -f`) fails with EFBIG instead of
/// killing the process silently (SIGXFSZ). Also raises the limit of this process as far as permitted: the
/// limit is meant for the user's program, but the index is one large file, and messages may be redirected to
/// another.
void lift_file_size_limit();
/// Call this before the user's program, or another program of envstore, is started in place of this process
/// or as its child. The signal disposition needs no restoring: exec resets a handler.
void restore_file_size_limit();

/// The limit of this process's address space in bytes (`ulimit -v`); nullopt: unlimited.
std::optional<std::uint64_t> address_space_limit();

/// True if the main thread's stack may be smaller than the size that the code was tested with (`ulimit -s`).
bool has_small_stack();

inline constexpr const char* kMemoryHint =
    "raise the limit of memory (`ulimit -v`, `ulimit -d`, or the container's)";
inline constexpr const char* kNoThreadHint =
    "raise the limit of processes (`ulimit -u`), of address space (`ulimit -v`) or of the container";

}  // namespace envstore

#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/process/spawn.h"

namespace envstore {

struct PipeEnds {
  Fd reader, writer;  ///< both close-on-exec
};
PipeEnds make_pipe();

/// A file without a name, positioned at its start: as a child's input it never blocks either side.
Fd file_in_memory(std::string_view content);

/// A stream that a child writes and this process reads. The caller closes its own writing end first.
struct ReadStream {
  Fd reader;
  std::function<bool(std::string_view)> take;  ///< false: the caller needs no more
};
enum class OutputEnd {
  complete,     ///< the child has ended, and everything that it wrote was read
  out_of_time,  ///< the child goes on
  refused,      ///< `take` returned false; the child goes on
};
/// Reads the streams until the child has ended, which is not their end: background processes of the child may
/// hold them open. What those write later is lost. Without pidfds, reads to the end of the streams.
OutputEnd read_output(ChildProcess& child, std::vector<ReadStream>& streams, ChildProcess::Deadline deadline);

struct CaptureLimits {
  std::optional<std::chrono::milliseconds> time;  ///< nullopt: none
  std::size_t bytes_per_stream = std::size_t{1} << 20;
};
enum class CapturedStreams { output, output_and_errors };
struct Captured {
  int error_number = 0;  ///< not 0: the program was not started
  OutputEnd end = OutputEnd::complete;
  std::optional<int> status;  ///< of waitpid(2) if complete; nullopt: not known
  std::string output, error_output;
};
/// Runs the program and returns what it writes. Kills it at the limits (see ChildSpec::abandoned, which must
/// not be `wait`).
Captured capture(ChildSpec spec, CapturedStreams which, const CaptureLimits& limits);

}  // namespace envstore

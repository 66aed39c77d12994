#include "store/process/child_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "store/platform/error.h"

namespace envstore {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{16} << 10;

enum class Piece { some, none, refused };

/// `none`: the end of the stream, or of a non-blocking one what is there.
Piece read_piece(const ReadStream& stream) {
  std::array<char, kReadAtOnce> buffer;
  const ssize_t size = read(stream.reader.get(), buffer.data(), buffer.size());
  if (size < 0) return errno == EINTR ? Piece::some : Piece::none;
  if (size == 0) return Piece::none;
  return stream.take({buffer.data(), static_cast<std::size_t>(size)}) ? Piece::some : Piece::refused;
}

/// What a child that has ended left in the pipe; at most one pipe full, because a background process of the
/// child may write faster than this process reads.
Piece drain(const ReadStream& stream) {
  const int fd = stream.reader.get();
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return Piece::none;
  const int capacity = fcntl(fd, F_GETPIPE_SZ);
  const auto pieces = capacity > 0 ? static_cast<std::size_t>(capacity) / kReadAtOnce + 1 : 1;
  Piece piece = Piece::some;
  for (std::size_t i = 0; i < pieces && piece == Piece::some; ++i) piece = read_piece(stream);
  return piece;
}

OutputEnd drain_all(const std::vector<ReadStream>& streams) {
  for (const ReadStream& stream : streams)
    if (stream.reader && drain(stream) == Piece::refused) return OutputEnd::refused;
  return OutputEnd::complete;
}

bool has_open(const std::vector<ReadStream>& streams) {
  for (const ReadStream& stream : streams)
    if (stream.reader) return true;
  return false;
}

}  // namespace

PipeEnds make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "make", "a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

Fd file_in_memory(std::string_view content) {
  Fd fd(memfd_create("envstore", MFD_CLOEXEC));
  if (!fd) throw_errno(errno, "make", "a file in memory");
  write_all(fd.get(), std::as_bytes(std::span(content)), "a file in memory");
  if (lseek(fd.get(), 0, SEEK_SET) != 0) throw_errno(errno, "rewind", "a file in memory");
  return fd;
}

OutputEnd read_output(ChildProcess& child, std::vector<ReadStream>& streams,
                      ChildProcess::Deadline deadline) {
  const int end = child.end_descriptor();
  std::vector<pollfd> events;
  while (end >= 0 || has_open(streams)) {
    events.clear();
    for (const ReadStream& stream : streams) events.push_back({stream.reader.get(), POLLIN, 0});
    events.push_back({end, POLLIN, 0});
    const int ready = poll(events.data(), events.size(), poll_timeout(deadline));
    if (ready < 0) {
      const int error = errno;
      if (error != EINTR) throw_errno(error, "wait for", "the output of a program");
      continue;
    }
    if (events.back().revents != 0) return drain_all(streams);
    if (deadline && std::chrono::steady_clock::now() >= *deadline) return OutputEnd::out_of_time;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (events[i].revents == 0) continue;
      const Piece piece = read_piece(streams[i]);
      if (piece == Piece::refused) return OutputEnd::refused;
      if (piece == Piece::none) streams[i].reader = Fd();
    }
  }
  return OutputEnd::complete;
}

Captured capture(ChildSpec spec, CapturedStreams which, const CaptureLimits& limits) {
  Captured captured;
  std::vector<ReadStream> streams;
  std::vector<Fd> writers;
  const auto redirect = [&](ChildStream& stream, std::string& text) {
    PipeEnds ends = make_pipe();
    stream = to_descriptor(ends.writer.get());
    writers.push_back(std::move(ends.writer));
    streams.push_back({std::move(ends.reader), [&text, &limits](std::string_view piece) {
                         if (text.size() + piece.size() > limits.bytes_per_stream) return false;
                         text += piece;
                         return true;
                       }});
  };
  redirect(spec.output, captured.output);
  if (which == CapturedStreams::output_and_errors) redirect(spec.error_output, captured.error_output);
  Spawned spawned = try_spawn(spec);
  writers.clear();
  captured.error_number = spawned.error_number;
  if (captured.error_number != 0) return captured;
  ChildProcess::Deadline deadline;
  if (limits.time) deadline = std::chrono::steady_clock::now() + *limits.time;
  captured.end = read_output(spawned.child, streams, deadline);
  if (captured.end == OutputEnd::complete) captured.status = spawned.child.wait();
  return captured;
}

}  // namespace envstore

#include "content.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "failure.h"

namespace http {
namespace {

std::size_t read_at(int fd, char* buffer, std::size_t count, std::uint64_t offset) {
  while (true) {
    const ssize_t read = pread(fd, buffer, count, static_cast<off_t>(offset));
    const int error = errno;
    if (read > 0) return static_cast<std::size_t>(read);
    if (read == 0)
      throw Fault({.cause = Cause::file, .reason = "the file to send is shorter than announced"});
    if (error != EINTR)
      throw Fault({.cause = Cause::file,
                   .reason = "the file to send cannot be read: " + std::generic_category().message(error),
                   .error_number = error});
  }
}

}  // namespace

bool Content::seek(std::uint64_t position) {
  if (position > size()) return false;
  position_ = position;
  return true;
}

std::size_t Content::read(char* buffer, std::size_t room) {
  std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(room, size() - position_));
  if (count == 0) return 0;
  if (request_.content_fd < 0)
    request_.content.copy(buffer, count, static_cast<std::size_t>(position_));
  else
    count = read_at(request_.content_fd, buffer, count, position_);
  position_ += count;
  return count;
}

}  // namespace http

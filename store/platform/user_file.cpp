#include "store/platform/user_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/text_encoding.h"

namespace envstore {

std::string read_to_end(int fd, std::size_t limit, const std::string& name) {
  constexpr std::size_t kChunk = 16384;
  std::string text;
  for (;;) {
    const std::size_t have = text.size();
    text.resize(have + kChunk);
    const ssize_t count = ::read(fd, text.data() + have, kChunk);
    const int fault = errno;
    text.resize(have + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count == 0) return text;
    if (count < 0 && fault != EINTR) throw_errno(fault, "read", name);
    if (text.size() > limit)
      throw Error(ErrorKind::invalid_input, "cannot read '" + name + "': it is too large");
  }
}

std::optional<std::string> read_user_file(const std::string& path, std::size_t limit) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int fault = errno;
  if (fd) return read_to_end(fd.get(), limit, path);
  if (fault == ENOENT || fault == ENOTDIR) return std::nullopt;
  throw_errno(fault, "read", path);
}

std::optional<std::string> read_user_text(const std::string& path, std::size_t limit) {
  auto bytes = read_user_file(path, limit);
  if (!bytes) return std::nullopt;
  return decode_text(std::move(*bytes), path);
}

}  // namespace envstore

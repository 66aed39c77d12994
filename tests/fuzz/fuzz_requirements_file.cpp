// A requirements file, and one requirement of a user. The file is in memory, and relative paths in it resolve
// to descriptors of this process: it can include itself, and nothing else worth reading.
#include <sys/mman.h>
#include <unistd.h>

#include "python/settings/requirements_file.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

namespace {
void rewrite(int file, const std::uint8_t* data, std::size_t size) {
  fuzz::require(ftruncate(file, 0) == 0);
  fuzz::require(pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("requirements", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  const std::string_view text = fuzz::text_of(data, size);
  if (text.find("/dev") != text.npos || text.find("/proc") != text.npos) return 0;
  rewrite(file, data, size);
  fuzz::may_refuse({ErrorKind::invalid_input, ErrorKind::unsupported, ErrorKind::not_found, ErrorKind::usage,
                    ErrorKind::permission, ErrorKind::io},
                   [] { read_requirements_file(path); });
  fuzz::may_refuse({ErrorKind::usage}, [&] { parse_user_requirement(std::string(text), "/folder"); });
  return 0;
}

#include "store/platform/random.h"

#include <sys/random.h>
#include <array>
#include <cerrno>
#include <cstdint>

#include "store/platform/error.h"

namespace envstore {

std::string random_name() {
  std::array<std::uint8_t, 16> bytes{};
  ssize_t count = 0;
  do {  // up to 256 bytes arrive whole once the pool is ready; only waiting for that can be interrupted
    count = getrandom(bytes.data(), bytes.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(bytes.size())) throw_errno(count < 0 ? errno : EIO, "read", "getrandom");
  constexpr char kDigits[] = "0123456789abcdef";
  std::string name;
  for (const std::uint8_t byte : bytes) (name += kDigits[byte >> 4]) += kDigits[byte & 15];
  return name;
}

}  // namespace envstore

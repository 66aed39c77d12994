#include "gc/file_hash.h"

#include <unistd.h>
#include <xxhash.h>
#include <cerrno>
#include <memory>
#include <new>

namespace envstore {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 20;

/// A read of at most the buffer; -1: errno says why.
ssize_t read_some(int fd, std::byte* buffer, std::uint64_t offset) {
  while (true) {
    const ssize_t got = pread(fd, buffer, kBufferSize, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) return got;
  }
}

Fingerprint canonical(XXH128_hash_t hash) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  Fingerprint result;
  static_assert(sizeof bytes.digest == sizeof result.bytes);
  std::memcpy(result.bytes.data(), bytes.digest, result.bytes.size());
  return result;
}

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

std::optional<ContentHash> hash_content(int fd, WithSha256 with_sha256) {
  thread_local const std::unique_ptr<std::byte[]> buffer(new std::byte[kBufferSize]);
  thread_local const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  thread_local Sha256 sha256;
  if (!state) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  ContentHash result;
  while (true) {
    const ssize_t got = read_some(fd, buffer.get(), result.size);
    if (got < 0) {
      const int error = errno;
      if (with_sha256 == WithSha256::yes) sha256.finish();
      errno = error;
      return std::nullopt;
    }
    if (got == 0) break;
    const auto size = static_cast<std::size_t>(got);
    XXH3_128bits_update(state.get(), buffer.get(), size);
    if (with_sha256 == WithSha256::yes) sha256.update({buffer.get(), size});
    result.size += size;
  }
  result.fingerprint = canonical(XXH3_128bits_digest(state.get()));
  if (with_sha256 == WithSha256::yes) result.blob.bytes = sha256.finish();
  return result;
}

}  // namespace envstore

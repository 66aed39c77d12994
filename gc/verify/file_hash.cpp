#include "gc/verify/file_hash.h"

#include <unistd.h>
#include <xxhash.h>
#include <cerrno>
#include <memory>
#include <new>

namespace envstore {
namespace {

/// Reads from `offset`. Returns less than the buffer holds only at the end of the file; -1: errno says why.
ssize_t fill(int fd, std::byte* buffer, std::uint64_t offset, std::optional<std::uint64_t> size) {
  std::size_t have = 0;
  while (have < kHashedAtOnce) {
    const ssize_t got = pread(fd, buffer + have, kHashedAtOnce - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
    if (offset + have == size) break;
  }
  return static_cast<ssize_t>(have);
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

std::optional<ContentHash> hash_content(int fd, WithSha256 with_sha256, std::optional<std::uint64_t> size) {
  thread_local const std::unique_ptr<std::byte[]> buffer(new std::byte[kHashedAtOnce]);
  thread_local const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  thread_local Sha256 sha256;
  if (!state) throw std::bad_alloc();
  ContentHash result;
  while (true) {
    const ssize_t got = fill(fd, buffer.get(), result.size, size);
    if (got < 0) {
      const int error = errno;
      if (with_sha256 == WithSha256::yes) sha256.finish();
      errno = error;
      return std::nullopt;
    }
    const std::span<const std::byte> bytes(buffer.get(), static_cast<std::size_t>(got));
    const bool is_first = result.size == 0, is_last = bytes.size() < kHashedAtOnce;
    result.size += bytes.size();
    if (with_sha256 == WithSha256::yes) sha256.update(bytes);
    if (is_first && is_last) {
      result.whole = bytes;
      result.fingerprint = canonical(XXH3_128bits(bytes.data(), bytes.size()));
      break;
    }
    if (is_first) XXH3_128bits_reset(state.get());
    XXH3_128bits_update(state.get(), bytes.data(), bytes.size());
    if (!is_last) continue;
    result.fingerprint = canonical(XXH3_128bits_digest(state.get()));
    break;
  }
  if (with_sha256 == WithSha256::yes) result.blob.bytes = sha256.finish();
  return result;
}

}  // namespace envstore

#include "gc/verify/file_hash.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>

#include "store/platform/files.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

std::string bytes_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * i >> 3);
  return text;
}

}  // namespace

TEST_CASE("a file's hashes are those of its bytes, whatever its size is to the buffer") {
  const TemporaryDirectory folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kHashedAtOnce - 1, kHashedAtOnce,
                                 kHashedAtOnce + 1, 2 * kHashedAtOnce, 2 * kHashedAtOnce + 1}) {
    CAPTURE(size);
    const std::string text = bytes_of(size), path = folder.path() + "/" + std::to_string(size);
    create_file(AT_FDCWD, path, text, 0644);
    const Fd file = open_file(AT_FDCWD, path, O_RDONLY);
    for (const auto told : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(size)}) {
      const auto hash = hash_content(file.get(), WithSha256::yes, told);
      REQUIRE(hash);
      CHECK(hash->size == size);
      CHECK(hash->fingerprint == fingerprint(as_bytes(text)));
      CHECK(hash->blob.bytes == sha256(as_bytes(text)));
      CHECK(hash->whole.size() == (size < kHashedAtOnce ? size : 0));
      CHECK(std::equal(hash->whole.begin(), hash->whole.end(), as_bytes(text).begin()));
    }
  }
}

TEST_CASE("a file that is longer than its stated size is hashed to its end") {
  const TemporaryDirectory folder;
  const std::string text = bytes_of(5000), path = folder.path() + "/grown";
  create_file(AT_FDCWD, path, text, 0644);
  const Fd file = open_file(AT_FDCWD, path, O_RDONLY);
  CHECK(hash_content(file.get(), WithSha256::no, 4000)->fingerprint == fingerprint(as_bytes(text)));
}

#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "python/wheel/file_digest.h"

// Separate from file_digest.h, so that the warm program, which only reads hashes, does not link OpenSSL.

namespace envstore {

/// Computes the digests of a stream for each algorithm in `wanted`, with OpenSSL. Not thread-safe.
class FileHasher {
 public:
  explicit FileHasher(const FileDigests& wanted);
  ~FileHasher();
  FileHasher(const FileHasher&) = delete;
  FileHasher& operator=(const FileHasher&) = delete;
  void update(std::span<const std::byte> bytes);
  FileDigests finish();  ///< also resets, for the next stream

 private:
  struct Context;
  std::vector<std::unique_ptr<Context>> contexts_;
};

/// The digests of `bytes` for each algorithm in `wanted`.
FileDigests digests_of(std::span<const std::byte> bytes, const FileDigests& wanted);

/// Throws Error{invalid_input} unless each of `stated` is in `found`, the file's digests for the same
/// algorithms. `what` names the file in the message.
void check_stated_hashes(const FileDigests& stated, const FileDigests& found, const std::string& what);

/// Throws Error{invalid_input} unless the bytes have one of `allowed`.
void check_required_hashes(const FileDigests& allowed, std::span<const std::byte> bytes,
                           const std::string& what);

}  // namespace envstore

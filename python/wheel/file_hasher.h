#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "python/wheel/file_digest.h"

// Apart from file_digest.h: a program that only reads hashes, the warm one, links no OpenSSL.

namespace envstore {

/// Computes the digests of a stream by each algorithm of `wanted`, through OpenSSL. One thread.
class FileHasher {
 public:
  explicit FileHasher(const FileDigests& wanted);
  ~FileHasher();
  FileHasher(const FileHasher&) = delete;
  FileHasher& operator=(const FileHasher&) = delete;
  void update(std::span<const std::byte> bytes);
  FileDigests finish();  ///< and starts anew

 private:
  struct Context;
  std::vector<std::unique_ptr<Context>> contexts_;
};

/// The digests of `bytes` by each algorithm of `wanted`.
FileDigests digests_of(std::span<const std::byte> bytes, const FileDigests& wanted);

/// Throws Error{invalid_input} unless each of `stated` is among `found`, the file's digests by the same
/// algorithms. `what`: the file, for the message.
void check_stated_hashes(const FileDigests& stated, const FileDigests& found, const std::string& what);

/// Throws Error{invalid_input} unless the bytes have one of `allowed`.
void check_required_hashes(const FileDigests& allowed, std::span<const std::byte> bytes,
                           const std::string& what);

}  // namespace envstore

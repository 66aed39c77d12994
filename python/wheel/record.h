#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/metadata.h"
#include "zip/member.h"

namespace envstore {

/// The digest of `content`; `algorithm` as hashlib names it: sha256, sha384, sha512, sha3_256, blake2b, ...
std::vector<std::uint8_t> record_digest(std::string_view algorithm, std::span<const std::byte> content);
/// Without padding, as RECORD writes digests.
std::string urlsafe_base64(std::span<const std::uint8_t> bytes);

/// A wheel's RECORD (packaging.python.org "Binary distribution format", "The .dist-info directory"): checks
/// members against their lines. Throws Error{invalid_input} that names archive and member.
class RecordChecker {
 public:
  /// `record_path`: the path of RECORD in the archive.
  RecordChecker(std::string_view text, std::string record_path, std::string archive);

  /// Throws unless RECORD lists every member with a strong hash; bytecode is exempt. As in other installers,
  /// duplicate lines, lines for directories and lines for missing files are accepted; returns one warning for
  /// each of these three kinds.
  std::vector<std::string> check_members(const std::vector<zip::Member>& members) const;
  /// `sha256`: of the content, if the caller has already computed it; may be nullptr.
  void check(std::string_view path, std::span<const std::byte> content,
             const std::array<std::uint8_t, 32>* sha256) const;

 private:
  std::span<const pypackaging::RecordEntry> entries_of(std::string_view path) const;
  void check_member(std::string_view path) const;
  bool needs_no_hash(std::string_view path) const;
  [[noreturn]] void refuse(std::string_view path, std::string_view reason) const;

  std::string record_path_, archive_;
  std::vector<pypackaging::RecordEntry> entries_;  ///< sorted by path
};

/// True for anything below `__pycache__`: envstore compiles bytecode itself and never takes it from a wheel.
bool is_cached_bytecode(std::string_view path);

struct RecordLine {
  std::string path;  ///< relative to site-packages
  std::optional<std::array<std::uint8_t, 32>> sha256;
  std::uint64_t size = 0;
};
/// The text of an installed RECORD, sorted by path.
std::string encode_record(std::vector<RecordLine> lines);

}  // namespace envstore

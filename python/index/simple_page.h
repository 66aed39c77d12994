#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "python/wheel/file_digest.h"
#include "store/platform/digest.h"

namespace envstore {

/// One file of a package index (Simple repository API: PEP 503, 592, 629, 658, 691, 700, 714, 792).
struct IndexFile {
  std::string filename;
  std::string url;                             ///< absolute, without fragment
  FileDigests hashes;                          ///< all hashes of the package index with a known algorithm
  std::optional<std::string> requires_python;  ///< as written, unescaped
  std::optional<std::string> yanked;           ///< present: yanked, with the reason, which may be empty
  bool has_metadata = false;                   ///< PEP 658/714: `URL.metadata` exists
  FileDigests metadata_hashes;
  std::optional<std::uint64_t> size;
  std::optional<std::int64_t> upload_time_ns;  ///< PEP 700
  std::size_t rank = 0;  ///< of its index among several (unsafe_first_match); not encoded
  bool operator==(const IndexFile&) const = default;
};

struct SimplePage {
  std::vector<IndexFile> files;
  /// PEP 792: archived, quarantined or deprecated, with the reason, which may be empty; empty: active.
  std::string status = {}, status_reason = {};
  bool operator==(const SimplePage&) const = default;
  std::string encode() const;                        ///< compact, versioned; stored in the index
  static SimplePage decode(std::string_view bytes);  ///< throws Error{damaged}
  /// The fingerprint of an encoded page, from its first kHeadSize bytes; nullopt: another format version.
  static std::optional<Fingerprint> contents_of(std::string_view bytes);
  static constexpr std::size_t kHeadSize = 20;
};

/// One file in the same encoding; decode_file throws Error{damaged}.
std::string encode_file(const IndexFile& file);
IndexFile decode_file(std::string_view bytes);

/// `base_url`: the page's URL after redirects; a <base href> overrides it. Throws Error{invalid_input} if it
/// is not such a page or its major api-version is not 1. (An HTML error page without a link to a distribution
/// is an empty page.)
SimplePage parse_simple_json(std::string_view body, const std::string& base_url);
/// Uses the strict scanner, or the HTML5 parser for pages that the scanner rejects.
SimplePage parse_simple_html(std::string_view body, const std::string& base_url);

}  // namespace envstore

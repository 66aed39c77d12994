#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "python/wheel/file_digest.h"
#include "store/platform/digest.h"

namespace envstore {

/// One file that an index offers (Simple repository API: PEP 503, 592, 629, 658, 691, 700, 714).
struct IndexFile {
  std::string filename;
  std::string url;                             ///< absolute, without fragment
  FileDigests hashes;                          ///< all that the index says and that can be checked
  std::optional<std::string> requires_python;  ///< as written, unescaped
  std::optional<std::string> yanked;           ///< present: yanked; the reason, may be empty
  bool has_metadata = false;                   ///< PEP 658/714: `URL.metadata` exists
  FileDigests metadata_hashes;
  std::optional<std::uint64_t> size;
  std::optional<std::int64_t> upload_time_ns;  ///< PEP 700
  bool operator==(const IndexFile&) const = default;
};

struct SimplePage {
  std::vector<IndexFile> files;
  bool operator==(const SimplePage&) const = default;
  std::string encode() const;                        ///< compact, versioned; what the index keeps
  static SimplePage decode(std::string_view bytes);  ///< throws Error{damaged}
  /// What tells two pages apart, out of the first kHeadSize bytes of an encoded one; nullopt: of another
  /// version.
  static std::optional<Fingerprint> contents_of(std::string_view bytes);
  static constexpr std::size_t kHeadSize = 20;
};

/// One file in the same form; decode_file throws Error{damaged}.
std::string encode_file(const IndexFile& file);
IndexFile decode_file(std::string_view bytes);

/// `base_url`: the page's address after redirects; a <base href> counts. Throws Error{invalid_input} for what
/// is no such page (an HTML error page without one link to a distribution is an empty page; a major
/// api-version above 1 is an error).
SimplePage parse_simple_json(std::string_view body, const std::string& base_url);
/// The strict scanner, and the HTML5 parser behind it for what does not fit the shape.
SimplePage parse_simple_html(std::string_view body, const std::string& base_url);

}  // namespace envstore

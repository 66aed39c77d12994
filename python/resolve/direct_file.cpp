#include <algorithm>

#include "python/network/url.h"
#include "python/resolve/index_source.h"
#include "store/platform/error.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

/// Whether the text is long enough to be a digest of any algorithm, and not a word of hexadecimal letters.
bool looks_like_digest(std::string_view text) {
  constexpr std::size_t kShortest = 32;
  return text.size() >= kShortest &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// Reads `sha256=...`, also among other fields (`egg=x&sha256=...`). The user wrote the hashes, so one that
/// cannot be checked is an error.
FileDigests fragment_hashes(const std::string& name, std::string_view fragment) {
  FileDigests hashes;
  while (!fragment.empty()) {
    const std::string_view part = fragment.substr(0, fragment.find('&'));
    fragment.remove_prefix(std::min(part.size() + 1, fragment.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view digest = part.substr(std::min(equals + 1, part.size()));
    auto hash = FileDigest::read(part.substr(0, equals), digest);
    if ((hash && hash->hex.empty()) || (!hash && looks_like_digest(digest)))
      throw Error(ErrorKind::invalid_input,
                  "cannot install '" + name + "': the hash '" + terminal_line(part) +
                      "' of its address cannot be checked",
                  "it must be one of " + strong_algorithms() + ", md5, sha1, with all its digits");
    if (hash) hashes.add(std::move(*hash));
  }
  return hashes;
}

}  // namespace

IndexFile direct_file(const std::string& name, const std::string& url) {
  IndexFile file;
  std::string address = url;
  if (const std::size_t fragment = address.find('#'); fragment != std::string::npos) {
    const std::string text = address.substr(fragment + 1);
    file.hashes = fragment_hashes(name, text);
    address.resize(fragment);
  }
  const std::size_t query = address.find('?');
  const std::string path = address.substr(0, query);
  file.filename = name_of(path);
  file.url = address;
  const bool is_supported =
      address.starts_with("https://") || address.starts_with("http://") || address.starts_with("file://");
  if (!is_supported || !file.filename.ends_with(".whl"))
    throw Error(
        ErrorKind::unsupported,
        "cannot install '" + name + "' from " + display_url(url) + ": it is not the address of a wheel",
        "give an http(s) or file address that ends in .whl; source distributions are taken from indexes and "
        "--find-links alone");
  return file;
}

}  // namespace envstore

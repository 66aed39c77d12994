#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "python/index/simple_page.h"
#include "python/network/url.h"

namespace envstore {

/// The attributes of one `<a>` that installers use, character references resolved.
struct AnchorAttributes {
  std::optional<std::string> href, requires_python, yanked, core_metadata, dist_info_metadata;
};

/// Collects the files of one page: resolves URLs, drops hostile ones, files that are not distributions, and
/// duplicates. Used by both HTML readers and the JSON reader, so that they give the same result.
class PageBuilder {
 public:
  /// `page_url`: the URL of the page; only a page from a file URL may refer to file URLs.
  explicit PageBuilder(const std::string& page_url);
  /// Only the first `<base href>` has an effect (HTML, section 4.2.3).
  void set_base(std::string_view href);
  void add(const AnchorAttributes& anchor);
  /// `file.url` as written in the page; may be relative.
  void add(IndexFile file);
  /// PEP 792. A status that is not known counts as active. Of several the last one counts.
  void set_status(std::string_view status);
  void set_status_reason(std::string_view reason);
  SimplePage take() { return std::move(page_); }

 private:
  std::optional<Url> resolve(std::string_view reference) const;
  bool is_new(const std::string& filename);
  void keep(IndexFile file);

  Url base_;
  bool has_base_ = false, is_local_ = false;
  SimplePage page_;
  std::unordered_set<std::string> seen_;
};

/// Throws Error{invalid_input} if the version is malformed or its major version is not 1 (PEP 629).
void check_repository_version(std::string_view version, const std::string& page_url);

}  // namespace envstore

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "python/index/simple_page.h"
#include "python/network/url.h"

namespace envstore {

/// The attributes of one `<a>` that mean something to an installer, character references resolved.
struct AnchorAttributes {
  std::optional<std::string> href, requires_python, yanked, core_metadata, dist_info_metadata;
};

/// Collects the files of one page: resolves addresses, refuses hostile ones, drops what is no distribution
/// and what was there before. Both HTML readers and the JSON reader end here, so that they cannot disagree.
class PageBuilder {
 public:
  /// `page_url`: where the page came from; only a page from a file may name files.
  explicit PageBuilder(const std::string& page_url);
  /// The first `<base href>` counts (HTML, section 4.2.3).
  void set_base(std::string_view href);
  void add(const AnchorAttributes& anchor);
  /// `file.url` as written in the page, maybe relative.
  void add(IndexFile file);
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

/// Throws Error{invalid_input} for a major version above 1 or one that cannot be read (PEP 629).
void check_repository_version(std::string_view version, const std::string& page_url);

}  // namespace envstore

#include "python/index/html_readers.h"
#include "store/platform/error.h"

namespace envstore {

SimplePage parse_simple_html(std::string_view body, const std::string& base_url) {
  // Pages are UTF-8. Only the scanner needs the byte order mark removed: it would hide the first tag.
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  PageBuilder scanned(base_url);
  if (scan_simple_html(body, base_url, scanned)) return scanned.take();
  PageBuilder parsed(base_url);
  read_html_tree(body, base_url, parsed);
  return parsed.take();
}

}  // namespace envstore

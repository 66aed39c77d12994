#include "python/network/url.h"

#include "store/platform/error.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text.h"

namespace envstore {

std::optional<std::string> local_path(std::string_view url_or_path) {
  if (url_or_path.starts_with('/')) return std::string(url_or_path);
  if (to_lower(url_or_path.substr(0, 5)) != "file:") return std::nullopt;
  const std::optional<Url> url = Url::parse(url_or_path);
  if (!url || !(url->host.empty() || url->host == "localhost") || !url->path.starts_with('/'))
    return std::nullopt;
  std::string path = percent_decode(url->path);
  if (path.find('\0') != std::string::npos) return std::nullopt;
  return path;
}

std::string file_url(std::string_view absolute_path) {
  return "file://" + percent_encode_path(absolute_path);
}

bool lacks_scheme(std::string_view written) {
  if (written.find("://") != std::string_view::npos) return false;
  if (written.starts_with("//")) return written.find_first_of("@:") != std::string_view::npos;
  const std::size_t at = written.find('@'), colon = written.find(':'), slash = written.find('/');
  return at != std::string_view::npos && colon < slash && (colon < at || at < slash);
}

bool is_index_address(std::string_view written) {
  return written.find("://") != std::string_view::npos || lacks_scheme(written);
}

std::string checked_index_address(std::string_view written) {
  std::string address;
  for (const char c : trimmed(written)) address += c == ' ' ? std::string("%20") : std::string(1, c);
  const std::optional<Url> url = Url::parse(address);
  if (!url || !(url->is_http() || url->is_file()))
    throw Error(ErrorKind::invalid_input, "cannot use the address of an index: it cannot be read",
                "it begins with https://, http:// or file://; in a user and password write %20 for a blank, "
                "%23 for #, %2F for /, %3A for :, %3F for ?, %40 for @");
  return address;
}

std::string without_credentials(const std::string& url) {
  return without_secrets(url);
}

}  // namespace envstore

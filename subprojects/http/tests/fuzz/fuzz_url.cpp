// An address, and a reference on its page. What parses must read back as itself, and no reference may carry
// the credentials of its page to another place.
#include <cstdint>
#include <cstdlib>

#include "http/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = text.find('\n');
  const std::string_view reference = cut == std::string_view::npos ? "" : text.substr(cut + 1);
  const auto url = http::Url::parse(text.substr(0, cut));
  (void)http::percent_decode(reference);
  if (!url) return 0;
  const auto again = http::Url::parse(url->text());
  if (!again || again->text() != url->text()) std::abort();
  const auto resolved = http::resolve_url(*url, reference);
  if (!resolved) return 0;
  if (!http::Url::parse(resolved->text())) std::abort();
  if (resolved->userinfo && reference.find('@') == std::string_view::npos) std::abort();
  return 0;
}

#include "python/default_index.h"
#include "python/index/index_client.h"
#include "python/network/url.h"

namespace envstore {

std::string display_url(const std::string& url) {
  const auto trimmed = [](std::string text) {
    while (text.ends_with('/')) text.pop_back();
    return text;
  };
  std::string shown = without_credentials(url);
  if (trimmed(shown) == trimmed(ENVSTORE_DEFAULT_INDEX)) return "the default index";
  return shown;
}

}  // namespace envstore

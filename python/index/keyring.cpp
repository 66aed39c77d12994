#include "python/index/keyring.h"

#include <vector>

#include "python/network/url.h"
#include "store/platform/error.h"
#include "store/process/child.h"
#include "store/process/child_output.h"
#include "store/process/signals.h"

namespace envstore {
namespace {

/// The stdout of the program; nullopt: it cannot be started, does not exit with 0, or writes too much.
std::optional<std::string> output_of(std::vector<std::string> words) try {
  // No stdin: keyring must not prompt on the terminal, which the user's program may be reading. An empty
  // signal mask: the calling network thread blocks all signals. No limit of time: the user may have to unlock
  // it.
  Captured captured = capture({.arguments = std::move(words),
                               .search = ProgramSearch::path_variable,
                               .input = kNullDevice,
                               .signal_mask = no_signals(),
                               .abandoned = Abandoned::kill},
                              CapturedStreams::output, {std::nullopt, 64 * 1024});
  if (!succeeded(captured.status)) return std::nullopt;
  return std::move(captured.output);
} catch (const Error&) {
  return std::nullopt;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace

std::optional<Credentials> ask_keyring(const std::string& origin) {
  const std::optional<Url> url = Url::parse(origin);
  if (!url) return std::nullopt;
  const std::string service =
      url->scheme + "://" + url->host + (url->port == "443" || url->port == "80" ? "" : ":" + url->port);
  // Newer versions of keyring print user and password; the older interface requires a user, `__token__` by
  // default.
  if (const auto both = output_of({"keyring", "--mode", "creds", "get", service})) {
    const std::string user = first_line(*both);
    const std::size_t second = both->find('\n');
    if (second != std::string::npos && !user.empty())
      return Credentials{user, first_line(both->substr(second + 1))};
  }
  const auto password = output_of({"keyring", "get", service, "__token__"});
  if (!password || first_line(*password).empty()) return std::nullopt;
  return Credentials{"__token__", first_line(*password)};
}

}  // namespace envstore

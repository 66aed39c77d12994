#include "store/platform/home.h"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

/// passwd(5): name, password, uid, gid, comment, home, shell. getpwuid would load libraries at run time,
/// which the small, statically linked program cannot do.
std::string field_of(std::string_view line, int number) {
  for (; number > 0; --number) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    line.remove_prefix(colon + 1);
  }
  return std::string(line.substr(0, line.find(':')));
}

}  // namespace

std::string home_in_passwd() try {
  const std::string content = read_file(AT_FDCWD, "/etc/passwd");
  const std::string user = std::to_string(geteuid());
  std::string_view rest = content;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (field_of(line, 2) != user) continue;
    std::string home = field_of(line, 5);
    return home.starts_with('/') ? home : "";
  }
  return {};
} catch (const Error&) {
  return {};
}

std::string home_directory() {
  std::string home = variable_or_empty("HOME");
  return home.empty() ? home_in_passwd() : home;
}

}  // namespace envstore

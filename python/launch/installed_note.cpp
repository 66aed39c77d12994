#include "python/launch/installed_note.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::string_view kDistInfo = ".dist-info";

struct Installed {
  std::string name, version;
  bool was_named = false;  ///< by the user (PEP 376 REQUESTED), not as a dependency
};

std::vector<Installed> installed_in(const std::string& site) {
  std::vector<Installed> all;
  for (const DirectoryEntry& entry : list_directory(AT_FDCWD, site)) {
    if (!entry.name.ends_with(kDistInfo)) continue;
    const std::string stem = entry.name.substr(0, entry.name.size() - kDistInfo.size());
    const std::size_t dash = stem.find('-');
    if (dash == std::string::npos) continue;
    const bool was_named =
        stat_at(AT_FDCWD, site + "/" + entry.name + "/REQUESTED", Links::follow).has_value();
    all.push_back({stem.substr(0, dash), stem.substr(dash + 1), was_named});
  }
  std::stable_sort(all.begin(), all.end(), [](const Installed& a, const Installed& b) {
    return a.was_named != b.was_named ? a.was_named : a.name < b.name;
  });
  return all;
}

void print_note(const std::string& what, const std::string& name) {
  const std::string text = format_text(
      "note: {} ends with this run; to have it in every run, write --with {}, or name it in the script's "
      "block or the project's dependencies\n",
      what, name);
  (void)std::fputs(text.c_str(), stderr);
}

}  // namespace

void tell_what_pip_installed(const std::string& site) noexcept try {
  const std::vector<Installed> all = installed_in(site);
  if (all.empty()) return;
  const Installed& first = all.front();
  std::string what = "what pip installed (" + first.name + " " + first.version;
  if (all.size() > 1) what += format_text(" and {} more", all.size() - 1);
  print_note(what + ")", first.name);
} catch (const std::exception&) {
  return;  // a failure to print the note does not affect the run
}

void tell_that_installs_end() noexcept try {
  print_note("what pip installs", "NAME");
} catch (const std::exception&) {
  return;
}

}  // namespace envstore

#include "store/leases/private_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/random.h"

namespace envstore {
namespace {

constexpr std::string_view kPrefix = "envstore-";
constexpr std::size_t kNameLength = 32;

std::vector<std::string> places() {
  std::vector<std::string> all;
  if (std::string runtime = variable_or_empty("XDG_RUNTIME_DIR"); runtime.starts_with('/'))
    all.push_back(std::move(runtime));
  all.emplace_back("/tmp");
  return all;
}

bool is_name(std::string_view text) {
  return text.size() == kPrefix.size() + kNameLength && text.starts_with(kPrefix) &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

/// The scratch contains the environment's commands, which are found through PATH.
bool can_start_programs(const std::string& place) {
  return place.find(':') == std::string::npos && access(place.c_str(), F_OK) == 0 &&
         !is_on_noexec_mount(place);
}

/// An flock instead of a lease's OFD lock: it can be exclusive on a directory, and programs that clean up
/// temporary files (systemd-tmpfiles) check for it.
std::optional<Fd> try_hold(const std::string& path) {
  Fd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  // The previous holder may have removed the directory.
  struct stat held {
  }, there{};
  const bool is_there = fstat(fd.get(), &held) == 0 && lstat(path.c_str(), &there) == 0 &&
                        held.st_dev == there.st_dev && held.st_ino == there.st_ino;
  if (!is_there || held.st_uid != geteuid()) return std::nullopt;
  return fd;
}

/// Between its creation and its lock, another run may take the directory for a dead one; then another name is
/// tried.
PrivateDirectory make_in(const std::string& place) {
  constexpr int kTrials = 100;
  for (int trial = 0; trial < kTrials; ++trial) {
    PrivateDirectory made;
    made.name = random_name();
    made.path = place + "/" + std::string(kPrefix) + made.name;
    make_directory(AT_FDCWD, made.path, 0700);
    if (auto fd = try_hold(made.path)) {
      made.lock = std::move(*fd);
      return made;
    }
    remove_tree(AT_FDCWD, made.path);
  }
  throw Error(ErrorKind::unsupported, "cannot lock a directory in '" + place + "'");
}

bool remove_if_dead(const std::string& path) try {
  const std::optional<Fd> held = try_hold(path);
  if (!held) return false;
  remove_tree(AT_FDCWD, path);
  return true;
} catch (const Error&) {
  return false;
}

std::vector<DirectoryEntry> entries_of(const std::string& place) try {
  return list_directory(AT_FDCWD, place);
} catch (const Error&) {
  return {};
}

}  // namespace

PrivateDirectory make_private_directory() {
  std::string reason = "programs cannot be started from '/tmp' (it is mounted noexec)";
  for (const std::string& place : places()) {
    if (!can_start_programs(place)) continue;
    try {
      return make_in(place);
    } catch (const Error& error) {
      reason = error.what();
    }
  }
  throw Error(ErrorKind::io, "cannot make a directory for this run outside the read-only store: " + reason,
              "set XDG_RUNTIME_DIR to a directory of yours that can be written");
}

std::size_t remove_dead_private_directories() {
  std::size_t removed = 0;
  for (const std::string& place : places())
    for (const DirectoryEntry& entry : entries_of(place))
      if (is_name(entry.name) && remove_if_dead(place + "/" + entry.name)) ++removed;
  return removed;
}

bool is_in_private_directory(std::string_view path) {
  const auto all = places();
  return std::any_of(all.begin(), all.end(), [&](const std::string& place) {
    if (!path.starts_with(place + "/")) return false;
    const std::string_view rest = path.substr(place.size() + 1);
    return is_name(rest.substr(0, rest.find('/')));
  });
}

}  // namespace envstore

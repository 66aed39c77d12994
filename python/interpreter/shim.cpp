#include "python/interpreter/shim.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "pypackaging/version.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"

namespace envstore {
namespace {

constexpr std::size_t kLargestShim = 64 * 1024;

/// The first `size` bytes of a file; empty: it cannot be read.
std::string head_of(const std::string& path, std::size_t size) {
  std::string head(size, '\0');
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const ssize_t count = fd ? read(fd.get(), head.data(), head.size()) : -1;
  head.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return head;
}

/// PYENV_ROOT as pyenv writes it into its shims; empty: not a pyenv shim.
std::string pyenv_root_of(const std::string& shim) {
  constexpr std::string_view kRoot = "PYENV_ROOT=\"";
  if (shim.find("pyenv\" exec ") == std::string::npos && shim.find("pyenv exec ") == std::string::npos)
    return {};
  const std::size_t at = shim.find(kRoot);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kRoot.size();
  return shim.substr(begin, shim.find('"', begin) - begin);
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char character : text + "\n") {
    if (std::string_view(" \t\r\n:").find(character) == std::string_view::npos) {
      word += character;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

std::vector<std::string> folders_in(const std::string& directory) {
  std::vector<std::string> names;
  if (!stat_at(AT_FDCWD, directory, Links::follow)) return names;
  for (const DirectoryEntry& entry : list_directory(AT_FDCWD, directory)) names.push_back(entry.name);
  return names;
}

ResolvedShim resolve_pyenv_shim(const std::string& shim, const std::string& root,
                                const std::string& pyenv_version) {
  ResolvedShim resolved{ResolvedShim::Kind::nothing, {}, {}};
  std::string choice = pyenv_version;
  if (choice.empty()) {
    resolved.depends.push_back(root + "/version");
    choice = try_read_file(AT_FDCWD, root + "/version", kLargestShim).value_or("system");
  }
  resolved.depends.push_back(root + "/versions");
  const std::vector<std::string> installed = folders_in(root + "/versions");
  for (const std::string& wanted : words_of(choice)) {
    const auto version = pick_pyenv_version(wanted, installed);
    if (!version) continue;
    std::string target = root + "/versions/" + *version + "/bin/" + name_of(shim);
    if (access(target.c_str(), X_OK) != 0) continue;
    resolved.kind = ResolvedShim::Kind::pyenv;
    resolved.target = std::move(target);
    break;
  }
  return resolved;
}

}  // namespace

std::optional<std::string> pick_pyenv_version(const std::string& wanted,
                                              const std::vector<std::string>& installed) {
  if (wanted.find('/') != std::string::npos || wanted.starts_with('.')) return std::nullopt;
  std::string name = wanted.starts_with("python-") ? wanted.substr(7) : wanted;
  if (std::find(installed.begin(), installed.end(), name) != installed.end()) return name;
  std::optional<pypackaging::Version> best;
  std::optional<std::string> best_name;
  for (const std::string& candidate : installed) {
    if (!candidate.starts_with(name + ".")) continue;
    auto version = pypackaging::Version::parse(candidate);
    if (!version || version->is_prerelease() || (best && *version < *best)) continue;
    best = *version;
    best_name = candidate;
  }
  return best_name;
}

ResolvedShim resolve_shim(const std::string& path, const std::string& pyenv_version,
                          const std::string& home) {
  if (!head_of(path, 2).starts_with("#!")) return {ResolvedShim::Kind::plain, path, {}};
  const std::string root = pyenv_root_of(head_of(path, kLargestShim));
  if (root.starts_with('/')) return resolve_pyenv_shim(path, root, pyenv_version);
  // The files that other version managers read when they run in the home directory.
  return {ResolvedShim::Kind::unknown, path, {home + "/.tool-versions", home + "/.config/mise/config.toml"}};
}

std::optional<std::string> virtualenv_file(const std::string& executable) {
  const std::string bin = directory_of(executable);
  for (const std::string& directory : {directory_of(bin), bin}) {
    std::string file = directory + "/pyvenv.cfg";
    if (stat_at(AT_FDCWD, file, Links::follow)) return file;
  }
  return std::nullopt;
}

std::optional<std::string> virtualenv_base(const std::string& executable) {
  const auto file = virtualenv_file(executable);
  const auto stamp = stat_at(AT_FDCWD, executable, Links::do_not_follow);
  if (!file || !stamp || !stamp->is_symlink()) return std::nullopt;
  const auto real = real_path(executable);
  const std::string text = try_read_file(AT_FDCWD, *file, kLargestShim).value_or("");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || words_of(line.substr(0, equals)) != std::vector<std::string>{"home"})
      continue;
    const std::size_t begin = line.find_first_not_of(" \t", equals + 1);
    if (begin == std::string::npos) return std::nullopt;
    const auto home = real_path(line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1));
    if (home && real && *home == directory_of(*real)) return real;
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace envstore

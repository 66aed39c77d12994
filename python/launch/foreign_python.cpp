#include "python/launch/foreign_python.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "python/launch/own_commands.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"

namespace envstore {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string head_of(const std::string& path) {
  std::string head(4096, '\0');
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const ssize_t size = fd ? read(fd.get(), head.data(), head.size()) : -1;
  head.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return head;
}

bool exists(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string_view line_of(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

/// Splits into words as a shell does, as far as launchers need it: blanks separate, quotes group.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool is_open = false;
  char quote = 0;
  for (const char character : line) {
    if (quote != 0 && character == quote) {
      quote = 0;
    } else if (quote == 0 && (character == '"' || character == '\'')) {
      quote = character;
      is_open = true;
    } else if (quote == 0 && kBlanks.find(character) != std::string_view::npos) {
      if (is_open) words.push_back(std::exchange(word, {}));
      is_open = false;
    } else {
      word += character;
      is_open = true;
    }
  }
  if (is_open) words.push_back(std::move(word));
  return words;
}

bool is_python(std::string_view path) {
  return is_interpreter_name(path.substr(path.rfind('/') + 1));
}

/// The program that `env` starts: the first word after its options and variable assignments.
std::string program_of_env(std::string_view argument) {
  for (const std::string& word : shell_words(argument)) {
    if (word == "-S" || word == "-i" || word == "-" || word == "-v" || word.find('=') != std::string::npos)
      continue;
    return word.starts_with("-S") ? word.substr(2) : word;
  }
  return {};
}

/// The interpreter in `exec /path/python ...` among the first lines of a shell script: a wrapper, or a
/// launcher whose interpreter path is too long or has blanks.
std::optional<std::string> python_that_a_shell_starts(std::string_view head) {
  while (!head.empty()) {
    std::vector<std::string> words = shell_words(trimmed(line_of(head)));
    if (words.empty() || words[0] != "exec") continue;
    if (words.size() > 2 && words[1] == "-a") words.erase(words.begin() + 1, words.begin() + 3);
    if (words.size() > 1 && words[1].starts_with('/') && is_python(words[1])) return words[1];
  }
  return std::nullopt;
}

/// The version manager whose shim this is; only the version manager can determine which Python it starts.
std::optional<std::string> manager_of_shim(std::string_view head) {
  const auto has = [&](std::string_view text) { return head.find(text) != std::string_view::npos; };
  if (has("PYENV_ROOT=") && (has("pyenv\" exec ") || has("pyenv exec "))) return "pyenv";
  if (has("asdf-plugin: python ") && has("asdf exec ")) return "asdf";
  if (has("asdf-plugin: python ") && has("asdf\" exec ")) return "asdf";
  return std::nullopt;
}

/// mise's shims are links to mise itself: the command belongs to Python if one of mise's Pythons has it.
std::optional<std::string> mise_behind(const std::string& path, const std::string& real) {
  const std::string target = name_of(real);
  if (target != "mise" && target != "rtx") return std::nullopt;
  const std::string installs = directory_of(directory_of(path)) + "/installs/python";
  if (!exists(installs)) return std::nullopt;
  for (const DirectoryEntry& version : list_directory(AT_FDCWD, installs))
    if (exists(installs + "/" + version.name + "/bin/" + name_of(path))) return "mise";
  return std::nullopt;
}

/// The environment whose bin directory contains the file. A conda environment also contains programs
/// unrelated to Python (git, make, compilers), so that only scripts count there.
std::optional<std::string> environment_around(const std::string& path, bool is_script) {
  const std::string bin = directory_of(path);
  const std::string prefix = directory_of(bin);
  if (exists(prefix + "/pyvenv.cfg")) return prefix;
  if (exists(bin + "/pyvenv.cfg")) return bin;
  if (is_script && exists(prefix + "/conda-meta")) return prefix;
  return std::nullopt;
}

std::optional<std::string> python_of_script(const std::string& path, std::string_view head,
                                            const std::vector<std::string>& own_names) {
  const auto shebang = parse_shebang(head);
  if (!shebang) return std::nullopt;
  if (auto manager = manager_of_shim(head)) return manager;
  const bool is_looked_up = name_of(shebang->interpreter) == "env";
  const std::string program = is_looked_up ? program_of_env(shebang->argument) : shebang->interpreter;
  if (is_python(program)) {
    const bool is_own = std::find(own_names.begin(), own_names.end(), program) != own_names.end();
    return is_own ? std::nullopt : std::optional(program);
  }
  const std::string shell = name_of(program);
  if (shell != "sh" && shell != "bash" && shell != "dash" && shell != "zsh") return std::nullopt;
  // A relocatable launcher: it starts the python beside itself.
  if (head.find("'''exec' ") != std::string_view::npos && exists(directory_of(path) + "/python"))
    return directory_of(path) + "/python";
  return python_that_a_shell_starts(head);
}

std::optional<std::string> look(const std::string& path, const std::vector<std::string>& own_names) {
  const std::string head = head_of(path);
  const std::string real = real_path(path).value_or(path);
  for (const std::string& place : {path, real})
    if (auto found = environment_around(place, head.starts_with("#!"))) return found;
  if (auto found = python_of_script(real, head, own_names)) return found;
  return mise_behind(path, real);
}

}  // namespace

std::optional<Shebang> parse_shebang(std::string_view head) {
  if (!head.starts_with("#!")) return std::nullopt;
  const std::string_view line = trimmed(head.substr(2, head.find('\n') - 2));
  const std::size_t end = line.find_first_of(kBlanks);
  Shebang shebang{std::string(line.substr(0, end)), {}};
  if (end != std::string_view::npos) shebang.argument = trimmed(line.substr(end));
  return shebang;
}

std::optional<std::string> other_python_of(const std::string& path,
                                           const std::vector<std::string>& own_names) try {
  return look(path, own_names);
} catch (const Error&) {
  return std::nullopt;
}

}  // namespace envstore

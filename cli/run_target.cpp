#include "cli/run_target.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "store/platform/user_file.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

constexpr std::size_t kScriptLimit = std::size_t{1} << 28;

enum class FileKind { missing, file, directory, other };

FileKind kind_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return FileKind::missing;
  if (S_ISREG(status.st_mode)) return FileKind::file;
  return S_ISDIR(status.st_mode) ? FileKind::directory : FileKind::other;
}

bool has_script_suffix(const std::string& path) {
  for (const char* suffix : {".py", ".pyw", ".pyc"})
    if (path.ends_with(suffix)) return true;
  return false;
}

/// An archive's end with its directory stands in the last bytes; more is not looked at.
std::string tail_of(const std::string& path) {
  constexpr off_t kTail = 1 << 20;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::string tail(static_cast<std::size_t>(std::min(status.st_size, kTail)), '\0');
  const ssize_t count =
      ::pread(fd.get(), tail.data(), tail.size(), status.st_size - static_cast<off_t>(tail.size()));
  tail.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return tail;
}

bool has_shebang_of_python(const std::string& path) {
  constexpr std::size_t kLine = 256;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string start(kLine, '\0');
  const ssize_t count = fd ? ::read(fd.get(), start.data(), start.size()) : -1;
  start.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  start.resize(std::min(start.find('\n'), start.size()));
  if (!start.starts_with("#!")) return false;
  return start.find("python") != std::string::npos || start.find("envstore run") != std::string::npos;
}

/// Python reads standard input after us: it gets what we have read, from the beginning.
std::string take_standard_input() {
  std::string text = read_to_end(STDIN_FILENO, kScriptLimit, "standard input");
  const Fd copy(::memfd_create("envstore-stdin", MFD_CLOEXEC));
  if (!copy) throw_errno(errno, "keep", "standard input");
  write_all(copy.get(), std::as_bytes(std::span(text.data(), text.size())), "standard input");
  if (::lseek(copy.get(), 0, SEEK_SET) < 0 || ::dup2(copy.get(), STDIN_FILENO) < 0)
    throw_errno(errno, "keep", "standard input");
  return text;
}

[[noreturn]] void throw_no_script(const std::string& path) {
  throw Error(ErrorKind::not_found, fmt::format("cannot read '{}': no such file", path),
              path.find("://") == std::string::npos
                  ? "the script's path is taken from the directory in which you are"
                  : fmt::format("scripts are not fetched: curl -sSf '{}' | envstore run -", path));
}

void read_script(RunTarget& run, const std::string& path) {
  run.target.kind = Target::Kind::script;
  const FileKind kind = kind_of(path);
  if (kind == FileKind::missing) throw_no_script(path);
  run.script_path = absolute_path(path);
  if (kind == FileKind::directory) {
    if (kind_of(path + "/__main__.py") != FileKind::file)
      throw Error(ErrorKind::usage, fmt::format("cannot run '{}': the directory has no __main__.py", path));
    run.script_text = read_user_file(path + "/__main__.py", kScriptLimit);
    return;
  }
  // What is no file (a pipe of the shell) can be read only once, and Python must be the one.
  if (kind == FileKind::other || path.ends_with(".pyc") || is_zipapp(path)) return;
  run.script_text = read_user_file(path, kScriptLimit);
  if (!run.script_text) throw_no_script(path);
}

bool is_script(const std::string& word) {
  if (has_script_suffix(word)) return true;
  const FileKind kind = kind_of(word);
  // With a slash a directory can be meant only as a program; without one it may have a command's name.
  if (kind == FileKind::directory)
    return word.find('/') != std::string::npos || kind_of(word + "/__main__.py") == FileKind::file;
  if (kind != FileKind::file) return false;
  if (is_zipapp(word)) return true;
  // Without a suffix a path is a script if it says so itself; the words of PATH are commands.
  return word.find('/') != std::string::npos && has_shebang_of_python(word);
}

}  // namespace

bool is_zipapp(const std::string& path) {
  const std::string tail = tail_of(path);
  const std::size_t end = tail.rfind("PK\x05\x06");
  const std::size_t member = tail.find("__main__.py");
  return end != std::string::npos && member != std::string::npos && member < end;
}

RunTarget find_target(const Arguments& arguments) {
  RunTarget run;
  const auto& words = arguments.positionals();
  if (words.empty())
    throw Error(ErrorKind::usage, "cannot run: no script, module or command was given",
                "for example: envstore run script.py");
  if (arguments.has("module") && arguments.has("script"))
    throw Error(ErrorKind::usage, "cannot use '--module' together with '--script'");
  run.target.name = words.front();
  run.target.arguments.assign(words.begin() + 1, words.end());
  if (arguments.has("module")) {
    run.target.kind = Target::Kind::module;
  } else if (words.front() == "-") {
    run.target.kind = Target::Kind::standard_input;
    if (::isatty(STDIN_FILENO) != 1) run.script_text = take_standard_input();
  } else if (arguments.has("script") || is_script(words.front())) {
    read_script(run, words.front());
  } else {
    run.target.kind = Target::Kind::command;
  }
  return run;
}

}  // namespace envstore

#include "cli/options/run_target.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <span>

#include "python/launch/foreign_python.h"
#include "python/launch/own_commands.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/path_parts.h"
#include "store/platform/user_file.h"

namespace envstore {
namespace {

constexpr std::size_t kScriptLimit = std::size_t{1} << 28;

enum class FileKind { missing, file, directory, pipe, other };

FileKind kind_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return FileKind::missing;
  if (S_ISREG(status.st_mode)) return FileKind::file;
  if (S_ISFIFO(status.st_mode)) return FileKind::pipe;
  return S_ISDIR(status.st_mode) ? FileKind::directory : FileKind::other;
}

bool has_script_suffix(const std::string& path) {
  for (const char* suffix : {".py", ".pyw", ".pyc"})
    if (path.ends_with(suffix)) return true;
  return false;
}

/// The last MiB of the file, in which a zip archive's central directory and end record are expected.
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

/// True if the #! line names Python by way of PATH, or `envstore run`. A script whose #! line names an
/// interpreter by path is started as it is, with that interpreter, unless it has a metadata block.
bool has_shebang_of_python(const std::string& path) {
  constexpr std::size_t kLine = 256, kHead = 64 * 1024;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string start(kHead, '\0');
  const ssize_t count = fd ? ::read(fd.get(), start.data(), start.size()) : -1;
  start.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  const auto shebang = parse_shebang(start);
  if (!shebang) return false;
  if (is_interpreter_name(name_of(shebang->interpreter)))
    return start.find("\n# /// script") != std::string::npos;
  start.resize(std::min({start.find('\n'), start.size(), kLine}));
  return start.find("python") != std::string::npos || start.find("envstore run") != std::string::npos;
}

[[noreturn]] void throw_no_script(const std::string& path) {
  throw Error(ErrorKind::not_found, format_text("cannot read '{}': no such file", path),
              path.find("://") == std::string::npos
                  ? "the script's path is taken from the directory in which you are"
                  : format_text("scripts are not fetched: curl -sSf '{}' | envstore run -", path));
}

/// An anonymous file with the text. Its name contains a slash: Python takes the part before it as the
/// script's directory, which does not exist, so nothing is imported from there.
Fd memory_file(const std::string& text, const std::string& name) {
  Fd file(::memfd_create("envstore/script", MFD_CLOEXEC));
  if (!file) throw_errno(errno, "keep", name);
  write_all(file.get(), std::as_bytes(std::span(text.data(), text.size())), name);
  return file;
}

/// Reads standard input and replaces it by a copy, so that Python can read it from the beginning.
std::string take_standard_input() {
  std::string text = read_to_end(STDIN_FILENO, kScriptLimit, "standard input");
  const Fd copy = memory_file(text, "standard input");
  if (::lseek(copy.get(), 0, SEEK_SET) < 0 || ::dup2(copy.get(), STDIN_FILENO) < 0)
    throw_errno(errno, "keep", "standard input");
  return text;
}

/// The descriptor that the path refers to.
std::optional<int> descriptor_of(const std::string& path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int number = -1;
    const char* const end = path.data() + path.size();
    const auto [stopped, fault] = std::from_chars(path.data() + folder.size(), end, number);
    if (fault == std::errc{} && stopped == end && number >= 0) return number;
  }
  return std::nullopt;
}

/// Reads a pipe and replaces its descriptor by a copy of the content. The offset stays at the end: Python
/// opens the path again, and a program that reads the descriptor itself finds end of file.
void take_descriptor(RunTarget& run, int descriptor) {
  run.script_text = read_to_end(descriptor, kScriptLimit, run.target.name);
  const Fd copy = memory_file(*run.script_text, run.target.name);
  if (::dup2(copy.get(), descriptor) < 0) throw_errno(errno, "keep", run.target.name);
}

void take_named_pipe(RunTarget& run, const std::string& path, NamedPipes named_pipes) {
  if (named_pipes == NamedPipes::refuse)
    throw Error(ErrorKind::busy, format_text("cannot read '{}': it can be read only once", path));
  run.script_text = read_user_file(path, kScriptLimit);
  if (!run.script_text) throw_no_script(path);
  const Fd copy = memory_file(*run.script_text, path);
  constexpr int kFirst = 10;  // programs use fixed low numbers
  const int descriptor = ::fcntl(copy.get(), F_DUPFD, kFirst);
  if (descriptor < 0) throw_errno(errno, "keep", path);
  run.target.name = format_text("/dev/fd/{}", descriptor);
  run.was_named_pipe = true;
}

void read_script(RunTarget& run, const std::string& path, NamedPipes named_pipes) {
  run.target.kind = Target::Kind::script;
  const FileKind kind = kind_of(path);
  const auto descriptor = descriptor_of(path);
  // The path of a descriptor need not resolve to a file (a socket).
  if (kind == FileKind::missing && !descriptor) throw_no_script(path);
  if (!descriptor) run.script_path = absolute_path(path);
  if (kind == FileKind::directory) {
    if (kind_of(path + "/__main__.py") != FileKind::file)
      throw Error(ErrorKind::usage, format_text("cannot run '{}': the directory has no __main__.py", path));
    run.script_text = read_user_file(path + "/__main__.py", kScriptLimit);
    return;
  }
  if (kind == FileKind::pipe || kind == FileKind::other)
    return descriptor ? take_descriptor(run, *descriptor) : take_named_pipe(run, path, named_pipes);
  if (path.ends_with(".pyc") || is_zipapp(path)) return;
  run.script_text = read_user_file(path, kScriptLimit);
  if (!run.script_text) throw_no_script(path);
}

bool is_script(const std::string& word) {
  if (has_script_suffix(word) || descriptor_of(word)) return true;
  const FileKind kind = kind_of(word);
  if (kind == FileKind::pipe) return true;
  // A directory name with a slash can only mean a program; one without may also be a command's name.
  if (kind == FileKind::directory)
    return word.find('/') != std::string::npos || kind_of(word + "/__main__.py") == FileKind::file;
  if (kind != FileKind::file) return false;
  if (is_zipapp(word)) return true;
  // A path without a suffix is a script if its #! line says so; a word without a slash is a command on PATH.
  return word.find('/') != std::string::npos && has_shebang_of_python(word);
}

}  // namespace

bool is_zipapp(const std::string& path) {
  const std::string tail = tail_of(path);
  const std::size_t end = tail.rfind("PK\x05\x06");
  const std::size_t member = tail.find("__main__.py");
  return end != std::string::npos && member != std::string::npos && member < end;
}

RunTarget find_target(const Arguments& arguments, NamedPipes named_pipes) {
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
    read_script(run, words.front(), named_pipes);
  } else {
    run.target.kind = Target::Kind::command;
  }
  return run;
}

}  // namespace envstore

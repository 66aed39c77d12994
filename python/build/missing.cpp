#include "python/build/missing.h"

#include <algorithm>
#include <array>
#include <optional>

#include "store/platform/format.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::string_view kCompiler =
    "no C or C++ compiler was found: install one (Debian, Ubuntu: build-essential)";
constexpr std::string_view kPythonHeaders =
    "the headers of Python are missing: install them (Debian, Ubuntu: python3-dev; Fedora: python3-devel)";
constexpr std::string_view kRust = "no Rust compiler was found: install Rust (Debian, Ubuntu: cargo)";
constexpr std::string_view kCmake = "the program 'cmake' is missing: install it (Debian, Ubuntu: cmake)";
constexpr std::string_view kNinja =
    "the program 'ninja' is missing: install it (Debian, Ubuntu: ninja-build)";
constexpr std::string_view kPkgConfig =
    "the program 'pkg-config' is missing: install it (Debian, Ubuntu: pkg-config)";
constexpr std::string_view kFortran = "no Fortran compiler was found: install one (Debian, Ubuntu: gfortran)";
constexpr std::string_view kPostgres =
    "the program 'pg_config' is missing: install PostgreSQL's client library (Debian, Ubuntu: libpq-dev)";
constexpr std::string_view kMysql =
    "MySQL's client library is missing: install it (Debian, Ubuntu: default-libmysqlclient-dev)";
constexpr std::string_view kSpace = "the disk is full where builds are made: TMPDIR and the store";
constexpr std::string_view kMemory = "a program was killed, most likely for want of memory";

/// Texts that mean one thing, however they go on. The first that occurs counts.
struct Sign {
  std::string_view text, meaning;
};
constexpr Sign kSigns[] = {
    {"No space left on device", kSpace},
    {"Killed signal terminated program", kMemory},
    {"Python.h: No such file or directory", kPythonHeaders},
    {"'Python.h' file not found", kPythonHeaders},
    {"Could NOT find Python (missing: Python_INCLUDE_DIRS", kPythonHeaders},
    {"Could NOT find Python (missing: Development", kPythonHeaders},
    {"Python dependency not found", kPythonHeaders},
    {"pg_config executable not found", kPostgres},
    {"pg_config: not found", kPostgres},
    {"mysql_config: not found", kMysql},
    {"Can not find valid pkg-config name", kMysql},
    {"can't find Rust compiler", kRust},
    {"Rust toolchain", kRust},
    {"the Rust package manager, is not installed", kRust},
    {"rustc, the rust compiler, is not installed", kRust},
    {"linker `cc` not found", kCompiler},
    {"No CMAKE_C_COMPILER could be found", kCompiler},
    {"No CMAKE_CXX_COMPILER could be found", kCompiler},
    {"CMAKE_C_COMPILER not set", kCompiler},
    {"CMAKE_CXX_COMPILER not set", kCompiler},
    {"Unknown compiler(s): [['gfortran'", kFortran},
    {"Unknown compiler(s)", kCompiler},
    {"no acceptable C compiler found", kCompiler},
    {"CMake must be installed", kCmake},
    {"Problem with the CMake installation", kCmake},
    {"Could not find CMake", kCmake},
    {"Could not detect Ninja", kNinja},
    {"Did not find pkg-config", kPkgConfig},
    {"pkg-config is required", kPkgConfig},
};

/// A program that builds start, and what its absence means; empty: its name says enough.
struct Program {
  std::string_view name, meaning;
};
constexpr Program kPrograms[] = {
    {"cargo", kRust},
    {"rustc", kRust},
    {"cmake", kCmake},
    {"ninja", kNinja},
    {"gfortran", kFortran},
    {"pg_config", kPostgres},
    {"mysql_config", kMysql},
    {"pkg-config", kPkgConfig},
    {"git", {}},
    {"make", {}},
    {"swig", {}},
    {"meson", {}},
    {"protoc", {}},
    {"autoconf", {}},
    {"nasm", {}},
    {"cython", {}},
};
constexpr std::array<std::string_view, 8> kCompilers = {"gcc",   "g++",     "cc",  "c++",
                                                        "clang", "clang++", "c89", "c99"};

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// Also `x86_64-linux-gnu-gcc` and `gcc-12`.
bool is_compiler(std::string_view name) {
  return std::any_of(kCompilers.begin(), kCompilers.end(), [&](std::string_view compiler) {
    const std::size_t at = name.rfind(compiler);
    if (at == std::string_view::npos || (at > 0 && name[at - 1] != '-')) return false;
    const std::string_view rest = name.substr(at + compiler.size());
    return rest.empty() || rest.find_first_not_of("-.0123456789") == std::string_view::npos;
  });
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-+/").find(c) != std::string_view::npos;
}

/// The first word between `before` and `after`.
std::optional<std::string_view> word_between(std::string_view output, std::string_view before,
                                             std::string_view after) {
  for (std::size_t at = output.find(before); at != std::string_view::npos; at = output.find(before, at + 1)) {
    const std::string_view rest = output.substr(at + before.size());
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_name);
    const std::string_view word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    if (!word.empty() && rest.substr(word.size()).starts_with(after)) return word;
  }
  return std::nullopt;
}

/// The word in front of the first occurrence of `after`, as a shell names what it does not find.
std::optional<std::string_view> word_before(std::string_view output, std::string_view after) {
  const std::size_t at = output.find(after);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t begin = at;
  while (begin > 0 && is_name(output[begin - 1])) --begin;
  if (begin == at || !output.substr(0, begin).ends_with(": ")) return std::nullopt;
  return output.substr(begin, at - begin);
}

const Program* known_program(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kPrograms), std::end(kPrograms),
                                         [&](const Program& program) { return program.name == name; });
  return found == std::end(kPrograms) ? nullptr : found;
}

std::string missing_program(std::string_view path) {
  const std::string_view name = base_name(path);
  if (is_compiler(name)) return std::string(kCompiler);
  const Program* const known = known_program(name);
  if (known != nullptr && !known->meaning.empty()) return std::string(known->meaning);
  return format_text("the program '{}' is missing: install it", terminal_line(name));
}

/// The first part is followed by a name, the name by the second.
struct Form {
  std::string_view before, after;
};

std::optional<std::string> find_program_sign(std::string_view output) {
  constexpr Form kForms[] = {
      {"error: command '", "' failed: No such file"},
      {"unable to execute '", "': No such file"},
      {"unable to execute ", ": No such file"},
      {"Program '", "' not found"},
  };
  for (const Form& form : kForms)
    if (const auto word = word_between(output, form.before, form.after)) return missing_program(*word);
  // Of a file that is no program Python says the same.
  if (const auto word = word_between(output, "No such file or directory: '", "'"))
    if (is_compiler(*word) || known_program(*word) != nullptr) return missing_program(*word);
  for (const std::string_view after : {": command not found", ": not found\n"})
    if (const auto word = word_before(output, after)) return missing_program(*word);
  return std::nullopt;
}

std::string missing_module(std::string_view module) {
  std::string name(module.substr(0, module.find('.')));
  if (name == "distutils")
    return "Python 3.12 and newer have no distutils: the package needs an older Python, or setuptools, which "
           "it "
           "should list in build-system.requires";
  if (name == "pkg_resources") name = "setuptools";
  if (name == "Cython") name = "cython";
  return format_text(
      "the package should list '{}' in its build-system.requires; --no-build-isolation-package NAME builds "
      "it "
      "with what is installed beside the interpreter",
      terminal_line(name));
}

std::optional<std::string> find_library_sign(std::string_view output) {
  const auto library = [](std::string_view name, std::string_view kind) {
    return format_text("the {} '{}' is missing: install the development package of the library it belongs to",
                       kind, terminal_line(name));
  };
  if (const auto header = word_between(output, "fatal error: ", ": No such file or directory"))
    return library(*header, "header");
  if (const auto header = word_between(output, "fatal error: '", "' file not found"))
    return library(*header, "header");
  if (const auto name = word_between(output, "cannot find -l", ":")) return library(*name, "library");
  if (const auto name = word_between(output, "cannot find -l", "\n")) return library(*name, "library");
  if (const auto name = word_between(output, "No package '", "' found")) return library(*name, "library");
  if (const auto name = word_between(output, "Dependency \"", "\" not found"))
    return library(*name, "library");
  return std::nullopt;
}

std::optional<std::string> find_sign(std::string_view output) {
  for (const Sign& sign : kSigns)
    if (output.find(sign.text) != std::string_view::npos) return std::string(sign.meaning);
  if (auto found = find_library_sign(output)) return found;
  if (auto found = find_program_sign(output)) return found;
  if (const auto module = word_between(output, "ModuleNotFoundError: No module named '", "'"))
    return missing_module(*module);
  return std::nullopt;
}

}  // namespace

/// The end of the output has the reason of the failure; what comes before may be a test that is allowed to
/// fail.
std::string what_is_missing(std::string_view output) {
  constexpr std::array<std::size_t, 3> kWindows = {2048, 16384, std::string_view::npos};
  for (const std::size_t window : kWindows)
    if (const auto found = find_sign(output.substr(output.size() - std::min(window, output.size()))))
      return *found;
  return {};
}

}  // namespace envstore

#include "cli/output/print.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "store/platform/files.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

bool is_coloured() {
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && ::isatty(STDERR_FILENO) == 1;
}

std::string heading(const char* word, const char* colour) {
  return is_coloured() ? std::string("\x1b[1;") + colour + "m" + word + ":\x1b[0m "
                       : std::string(word) + ": ";
}

}  // namespace

void print(std::string_view text) {
  const std::string shown = terminal_results(text);
  write_all(STDOUT_FILENO, std::as_bytes(std::span(shown.data(), shown.size())), "standard output");
}

void print_error_text(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void print_error(const Error& error) noexcept {
  std::string text = heading("error", "31") + terminal_text(error.what()) + "\n";
  if (!error.hint().empty()) text += heading("hint", "36") + terminal_text(error.hint()) + "\n";
  print_error_text(text);
}

void print_message(std::string_view text) noexcept {
  print_error_text(terminal_text(text));
}

void print_value(const char* name, const std::string& json) noexcept {
  print_error_text(std::string(name) + ": " + terminal_results(json) + "\n");
}

int exit_code_of(const Error& error) {
  return error.kind() == ErrorKind::usage ? 2 : 1;
}

}  // namespace envstore

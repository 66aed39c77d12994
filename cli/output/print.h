#pragma once
#include <string_view>

#include "store/platform/error.h"

namespace envstore {

/// Results, to standard output, through terminal_results. Throws Error{io} when they cannot be written (a
/// full disk must not pass unnoticed).
void print(std::string_view text);
/// Messages, to standard error, through terminal_text; what cannot be written there is lost.
void print_message(std::string_view text) noexcept;
/// The same as it is: for what itself steers the terminal.
void print_error_text(std::string_view text) noexcept;
/// `error: ...` and `hint: ...`, coloured on a terminal unless NO_COLOR is set.
void print_error(const Error& error) noexcept;
/// The exit code that goes with an error: 2 for usage, else 1.
int exit_code_of(const Error& error);

}  // namespace envstore

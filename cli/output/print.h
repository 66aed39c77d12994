#pragma once
#include <string>
#include <string_view>

#include "store/platform/error.h"

namespace envstore {

/// Writes results to standard output, through terminal_results. Throws Error{io} when they cannot be written:
/// a full disk must not go unnoticed.
void print(std::string_view text);
/// Writes messages to standard error, through terminal_text. Write errors are ignored.
void print_message(std::string_view text) noexcept;
/// Writes `name: JSON` to standard error, through terminal_results.
void print_value(const char* name, const std::string& json) noexcept;
/// Writes to standard error without terminal_text: for text with terminal control sequences.
void print_error_text(std::string_view text) noexcept;
/// Prints `error: ...` and `hint: ...`, coloured on a terminal unless NO_COLOR is set.
void print_error(const Error& error) noexcept;
/// The exit code for an error: 2 for usage, else 1.
int exit_code_of(const Error& error);

}  // namespace envstore

#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

// The only file that includes toml++: its macros must be the same in every source file. TOML 1.1 is enabled
// because uv reads it.
#define TOML_ENABLE_UNRELEASED_FEATURES 1
#define TOML_MAX_NESTED_VALUES 128
// The parser of toml++ fails an assertion on some malformed texts; that must not end the program.
#undef NDEBUG
#define TOML_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : throw std::invalid_argument("it is no TOML"))
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wterminate"  // in the noexcept functions of toml++ a failed assertion still ends the program
#endif
#include <toml++/toml.h>
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

namespace envstore {

/// Why and where a text is not valid TOML. Line and column count from 1.
struct TomlError : std::runtime_error {
  TomlError(const toml::source_position& at, const std::string& reason)
      : std::runtime_error(reason), where{at, at, {}} {}
  toml::source_region where;
};

/// Parses TOML 1.1. Rejects nesting deeper than in any hand-written file, because it would overrun the stack.
/// Throws TomlError.
toml::table parse_toml(std::string_view text);

}  // namespace envstore

#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

// The one place where toml++ is included: its macros must be the same in every source. TOML 1.1 is what uv
// reads.
#define TOML_ENABLE_UNRELEASED_FEATURES 1
#define TOML_MAX_NESTED_VALUES 128
// toml++ asserts where its parser meets some malformed text: that must not end the program.
#undef NDEBUG
#define TOML_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : throw std::invalid_argument("it is no TOML"))
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wterminate"  // in what is noexcept there an assertion ends the program as before
#endif
#include <toml++/toml.h>
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

namespace envstore {

/// Why a text is no TOML, and where: line and column count from 1.
struct TomlError : std::runtime_error {
  TomlError(const toml::source_position& at, const std::string& reason)
      : std::runtime_error(reason), where{at, at, {}} {}
  toml::source_region where;
};

/// TOML 1.1. What nests deeper than any file of a person (which would overrun the stack) is refused. Throws
/// TomlError.
toml::table parse_toml(std::string_view text);

}  // namespace envstore

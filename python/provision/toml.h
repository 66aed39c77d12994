#pragma once
#include <stdexcept>

// toml++ asserts where its parser of table headers meets `[!`: a text from outside must not end the program.
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

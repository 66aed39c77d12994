#pragma once
#include <cstdio>

/// Ends a test case that cannot be tried on this machine; .ci/count_tests.py counts the line as a skip.
#define SKIP_TEST(reason)                       \
  do {                                          \
    (void)std::printf("skipped: %s\n", reason); \
    return;                                     \
  } while (false)

#include "store/platform/error.h"

#include <doctest/doctest.h>

#include <string>

using namespace envstore;

namespace {

std::string path_whose_computation_fails() {
  errno = EBADF;
  return "/a/path";
}

}  // namespace

TEST_CASE("a captured errno is the one before the path was computed") {
  errno = ENOSPC;
  try {
    captured_errno().fail("write", path_whose_computation_fails());
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::no_space);
    CHECK(std::string(error.what()) == "cannot write '/a/path': No space left on device");
  }
}

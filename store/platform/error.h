#pragma once
#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>

namespace envstore {

enum class ErrorKind {
  usage,  ///< the command line or a file the user wrote is wrong: exit code 2
  not_found,
  invalid_input,  ///< hostile or malformed input from outside
  permission,
  no_space,  ///< ENOSPC, EDQUOT
  io,
  network,
  unresolvable,  ///< no set of versions satisfies the request
  damaged,       ///< the store's own records do not fit together
  unsupported,
  busy,  ///< a lock could not be taken in time
};

/// The one exception of the project. `message` reads `cannot VERB 'PATH': REASON`; `hint` is what the user
/// can do next.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string hint = {})
      : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}
  ErrorKind kind() const { return kind_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorKind kind_;
  std::string hint_;
};

/// `cannot VERB 'PATH': strerror`, with the kind and hint that match the error number (ENOSPC: no_space,
/// ...). `error_number` is errno captured on the line after the call.
[[noreturn]] void throw_errno(int error_number, std::string_view verb, std::string_view path);

/// An error number that is captured before the arguments of fail() are evaluated (C++17, [expr.call]/8). For
/// paths that a call computes, which may change errno:
/// `if (fstat(fd, &facts) != 0) captured_errno().fail("read", path_of(fd));`
class CapturedErrno {
 public:
  explicit CapturedErrno(int number) : number_(number) {}
  [[noreturn]] void fail(std::string_view verb, std::string_view path) const {
    throw_errno(number_, verb, path);
  }

 private:
  const int number_;
};
inline CapturedErrno captured_errno() {
  return CapturedErrno(errno);
}

}  // namespace envstore

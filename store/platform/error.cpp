#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/limits.h"

#include <cerrno>
#include <system_error>

namespace envstore {
namespace {

struct Meaning {
  ErrorKind kind;
  const char* hint;
};

Meaning meaning_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return {ErrorKind::not_found, ""};
    case EACCES:
    case EPERM:
      return {ErrorKind::permission, "check who owns it and its mode"};
    case EROFS:
      return {ErrorKind::permission, "the filesystem is mounted read-only"};
    case ENOSPC:
      return {ErrorKind::no_space,
              "free some space (`envstore gc` removes what nothing uses), then try again"};
    case EDQUOT:
      return {ErrorKind::no_space, "your disk quota is used up: `envstore gc` removes what nothing uses"};
    case EFBIG:
      return {ErrorKind::no_space, "raise the limit of file size (`ulimit -f`)"};
    case EMFILE:
      return {ErrorKind::io, "raise the limit of open files (`ulimit -n`)"};
    case EAGAIN:
      return {ErrorKind::io, kNoThreadHint};
    case ENOLCK:
      return {ErrorKind::unsupported,
              "the filesystem offers no locks: set ENVSTORE_ROOT to a local directory"};
    default:
      return {ErrorKind::io, ""};
  }
}

}  // namespace

void throw_errno(int error_number, std::string_view verb, std::string_view path) {
  const Meaning meaning = meaning_of(error_number);
  throw Error(meaning.kind,
              format_text("cannot {} '{}': {}", verb, path, std::generic_category().message(error_number)),
              meaning.hint);
}

}  // namespace envstore

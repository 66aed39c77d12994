#define FMT_HEADER_ONLY 1
#include "store/platform/format.h"

#include <fmt/format.h>

namespace envstore {

std::string format_arguments(fmt::string_view format, fmt::format_args arguments) {
  return fmt::vformat(format, arguments);
}

}  // namespace envstore

#include "cli/output/phrases.h"

#include "store/platform/format.h"

namespace envstore {

std::string counted(std::uint64_t count, const char* noun) {
  return format_text("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace envstore

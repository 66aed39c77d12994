// The head of an answer, line by line: what a hostile server sends before a body.
#include <cstdint>
#include <cstdlib>

#include "answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  http::AnswerHead head;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
    if (!head.take(line)) break;
    text.remove_prefix(line.size());
  }
  for (const auto& [name, value] : head.fields())
    if (name.find(':') != std::string::npos || name.find('\n') != std::string::npos ||
        value.find('\n') != std::string::npos)
      std::abort();
  (void)head.announced_size();
  return 0;
}

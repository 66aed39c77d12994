#include "message.h"

#include <algorithm>

#include "text.h"

namespace pypackaging {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_continuation(std::string_view line) {
  return !line.empty() && is_blank(line.front());
}

std::string_view unindented(std::string_view line) {
  constexpr std::size_t kWidest = 8, kBar = 7;
  std::size_t at = 0;
  while (at < line.size() && at < kWidest && is_blank(line[at])) ++at;
  if (at == kBar && at < line.size() && line[at] == '|') ++at;
  return line.substr(at);
}

bool is_field_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

Message parse_message(std::string_view text) {
  Message message;
  text::LineReader lines(text);
  while (const auto line = lines.next()) {
    message.body_offset = lines.position();
    if (line->text.empty()) break;
    if (is_continuation(line->text)) {
      if (message.fields.empty())
        message.stray_lines.push_back(line->offset);
      else
        message.fields.back().value.append(1, '\n').append(unindented(line->text));
      continue;
    }
    const std::size_t colon = line->text.find(':');
    if (colon == 0) {
      message.stray_lines.push_back(line->offset);
      continue;
    }
    if (colon == std::string_view::npos || !is_field_name(line->text.substr(0, colon))) {
      message.stray_lines.push_back(line->offset);
      message.body_offset = line->offset;
      break;
    }
    message.fields.push_back({ascii::to_lower(line->text.substr(0, colon)),
                              std::string(ascii::trim(line->text.substr(colon + 1))), line->offset});
  }
  message.body = text.substr(message.body_offset);
  return message;
}

}  // namespace pypackaging

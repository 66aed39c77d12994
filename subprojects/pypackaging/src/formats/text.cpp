#include "text.h"

namespace pypackaging::text {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<Line> LineReader::next() {
  if (position_ >= text_.size()) return std::nullopt;
  const std::size_t begin = position_;
  std::size_t end = begin;
  while (end < text_.size() && text_[end] != '\n' && text_[end] != '\r') ++end;
  const bool is_pair = end + 1 < text_.size() && text_[end] == '\r' && text_[end + 1] == '\n';
  position_ = end + (end == text_.size() ? 0 : is_pair ? 2 : 1);
  return Line{text_.substr(begin, end - begin), begin};
}

}  // namespace pypackaging::text

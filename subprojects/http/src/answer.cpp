#include "answer.h"

#include <algorithm>
#include <charconv>

#include "text.h"

namespace http {
namespace {

constexpr std::uint64_t kMostBytes = 256 * 1024;  // of one attempt, 1xx answers included

}  // namespace

bool AnswerHead::take(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMostBytes) return false;
  if (line.starts_with("HTTP/")) {
    fields_.clear();
    status_ = 0;
    const std::size_t space = std::min(line.find(' '), line.size() - 1);
    std::from_chars(line.data() + space + 1, line.data() + line.size(), status_);
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string& value = fields_[to_lower(trimmed(line.substr(0, colon)))];
  if (!value.empty()) value += ", ";
  value += trimmed(line.substr(colon + 1));
  return true;
}

std::uint64_t AnswerHead::announced_size() const {
  const auto found = fields_.find("content-length");
  std::uint64_t size = 0;
  if (found == fields_.end() || fields_.contains("content-encoding")) return 0;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), size);
  return size;
}

}  // namespace http

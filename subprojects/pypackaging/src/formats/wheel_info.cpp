#include <charconv>

#include "../standards/quote.h"
#include "message.h"
#include "pypackaging/metadata.h"
#include "text.h"

namespace pypackaging {
namespace {

Result<std::pair<int, int>> parse_wheel_version(const MessageField& field) {
  std::vector<int> numbers;
  for (const std::string_view part : text::split(field.value, '.')) {
    int number = 0;
    const char* const end = part.data() + part.size();
    const auto [stopped, fault] = std::from_chars(part.data(), end, number);
    if (fault != std::errc{} || stopped != end || number < 0)
      return ParseError{"Wheel-Version is not MAJOR.MINOR but " + quote(field.value), field.offset};
    numbers.push_back(number);
  }
  return std::pair(numbers[0], numbers.size() > 1 ? numbers[1] : 0);
}

/// If a field is repeated, the first one counts, as in other readers of RFC 822 headers.
const MessageField* first_field(const Message& message, std::string_view name) {
  for (const MessageField& field : message.fields)
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace

Result<WheelInfo> WheelInfo::parse(std::string_view text) {
  const Message message = parse_message(text);
  if (!message.stray_lines.empty())
    return ParseError{"a line is no 'Field: value'", message.stray_lines.front()};
  const MessageField* const version_field = first_field(message, "wheel-version");
  if (version_field == nullptr) return ParseError{"Wheel-Version is missing", 0};
  const auto version = parse_wheel_version(*version_field);
  if (!version) return version.error();
  WheelInfo info;
  info.wheel_version = *version;
  const MessageField* const root = first_field(message, "root-is-purelib");
  info.root_is_purelib = root != nullptr && ascii::equal_ignoring_case(root->value, "true");
  for (const MessageField& field : message.fields)
    if (field.name == "tag") info.tags.push_back(field.value);
  if (const MessageField* const build = first_field(message, "build"); build != nullptr)
    info.build = build->value;
  return info;
}

}  // namespace pypackaging

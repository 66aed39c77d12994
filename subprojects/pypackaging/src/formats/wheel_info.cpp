#include <charconv>

#include "../standards/quote.h"
#include "message.h"
#include "pypackaging/metadata.h"
#include "text.h"

namespace pypackaging {
namespace {

Result<std::pair<int, int>> parse_wheel_version(const MessageField& field) {
  const ParseError fault{"Wheel-Version is not MAJOR.MINOR but " + quoted(field.value), field.offset};
  std::pair<int, int> version{0, 0};
  const char* const end = field.value.data() + field.value.size();
  const auto major = std::from_chars(field.value.data(), end, version.first);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return fault;
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc{} || minor.ptr != end || version.first < 0 || version.second < 0) return fault;
  return version;
}

Result<bool> parse_root(const MessageField& field) {
  for (const bool value : {true, false})
    if (ascii::equal_ignoring_case(field.value, value ? "true" : "false")) return value;
  return ParseError{"Root-Is-Purelib is neither true nor false but " + quoted(field.value), field.offset};
}

/// The first of several counts, as in every reader of RFC 822 headers.
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
  const MessageField* const root_field = first_field(message, "root-is-purelib");
  if (root_field == nullptr) return ParseError{"Root-Is-Purelib is missing", 0};

  const auto version = parse_wheel_version(*version_field);
  if (!version) return version.error();
  const auto root = parse_root(*root_field);
  if (!root) return root.error();
  WheelInfo info;
  info.wheel_version = *version;
  info.root_is_purelib = *root;
  for (const MessageField& field : message.fields)
    if (field.name == "tag") info.tags.push_back(field.value);
  if (const MessageField* const build = first_field(message, "build"); build != nullptr)
    info.build = build->value;
  return info;
}

}  // namespace pypackaging

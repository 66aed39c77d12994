#include <algorithm>
#include <optional>
#include <set>

#include "../standards/quote.h"
#include "pypackaging/metadata.h"
#include "pypackaging/name.h"
#include "text.h"

namespace pypackaging {
namespace {

using ascii::trim;

bool is_object_path(std::string_view path) {
  for (const std::string_view part : text::split(path, '.'))
    if (part.empty() || ascii::is_digit(part.front()) ||
        !std::all_of(part.begin(), part.end(), text::is_word))
      return false;
  return true;
}

/// Parses the names between the brackets; nullopt if one of them is not a valid extra.
std::optional<std::vector<std::string>> parse_extras(std::string_view list) {
  std::vector<std::string> extras;
  for (const std::string_view item : text::split(list, ',')) {
    const std::string_view extra = trim(item);
    if (extra.empty()) continue;
    if (!is_valid_name(extra)) return std::nullopt;
    extras.push_back(normalize_name(extra));
  }
  return extras;
}

/// Parses `module:attribute [extra1, extra2]`; nullopt if the text has another form.
std::optional<EntryPoint> parse_reference(std::string_view name, std::string_view value) {
  EntryPoint point;
  point.name = name;
  std::string_view rest = trim(value);
  if (rest.ends_with(']')) {
    const std::size_t bracket = rest.find('[');
    if (bracket == std::string_view::npos) return std::nullopt;
    auto extras = parse_extras(rest.substr(bracket + 1, rest.size() - bracket - 2));
    if (!extras) return std::nullopt;
    point.extras = *std::move(extras);
    rest = trim(rest.substr(0, bracket));
  }
  const std::size_t colon = rest.find(':');
  point.module = trim(rest.substr(0, colon));
  if (!is_object_path(point.module)) return std::nullopt;
  if (colon == std::string_view::npos) return point;
  point.attribute = trim(rest.substr(colon + 1));
  if (!is_object_path(point.attribute)) return std::nullopt;
  return point;
}

/// One option of the file, its continuation lines joined by LF.
struct Option {
  std::string_view group, name;
  std::string value;
  std::size_t offset;
  std::size_t indentation;
};

std::size_t indentation_of(std::string_view line) {
  return static_cast<std::size_t>(trim(line).data() - line.data());
}

class OptionReader {
 public:
  explicit OptionReader(std::string_view file) : lines_(file) {}

  std::optional<ParseError> read() {
    while (const auto line = lines_.next()) {
      const std::string_view text = trim(line->text);
      if (text.empty() || text.front() == '#' || text.front() == ';') continue;
      if (auto fault = take(text, *line)) return fault;
    }
    return std::nullopt;
  }

  std::vector<Option> options;
  std::vector<std::string_view> groups;

 private:
  std::optional<ParseError> take(std::string_view text, const text::Line& line) {
    if (text.front() == '[' && text.back() == ']') {
      groups.push_back(trim(text.substr(1, text.size() - 2)));
      may_continue_ = false;
      return std::nullopt;
    }
    const std::size_t equals = text.find('=');
    const std::size_t indentation = indentation_of(line.text);
    if (equals == std::string_view::npos && may_continue_ && indentation > options.back().indentation) {
      options.back().value.append(1, '\n').append(text);
      return std::nullopt;
    }
    const std::string_view name = trim(text.substr(0, equals));
    if (equals == std::string_view::npos || name.empty())
      return ParseError{"expected NAME = MODULE:ATTRIBUTE, not " + quote(text), line.offset};
    if (groups.empty())
      return ParseError{"the entry point " + quote(name) + " comes before the first [group]", line.offset};
    options.push_back(
        {groups.back(), name, std::string(trim(text.substr(equals + 1))), line.offset, indentation});
    may_continue_ = true;
    return std::nullopt;
  }

  text::LineReader lines_;
  bool may_continue_ = false;
};

bool is_script_group(std::string_view group) {
  return group == "console_scripts" || group == "gui_scripts";
}

bool is_file_name(std::string_view name) {
  return name != "." && name != ".." && std::none_of(name.begin(), name.end(), [](char c) {
           return c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
         });
}

std::string_view without_comment(std::string_view value) {
  for (std::size_t at = value.find_first_of("#;"); at != std::string_view::npos;
       at = value.find_first_of("#;", at + 1))
    if (at > 0 && ascii::is_space(value[at - 1])) return value.substr(0, at);
  return value;
}

Result<EntryPoint> script_of(const Option& option) {
  const std::string shown = quote(option.name);
  if (!is_file_name(option.name))
    return ParseError{"the script " + shown + " has a name that no file can have", option.offset};
  auto point = parse_reference(option.name, without_comment(option.value));
  if (!point || point->attribute.empty())
    return ParseError{
        "the script " + shown + " does not name a function as MODULE:ATTRIBUTE but is " + quote(option.value),
        option.offset};
  return *std::move(point);
}

Result<EntryPoints> parse_unmarked(std::string_view file) {
  OptionReader reader(file);
  if (auto fault = reader.read()) return *std::move(fault);
  EntryPoints groups;
  for (const std::string_view group : reader.groups) groups.try_emplace(std::string(group));
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> scripts;
  for (const Option& option : reader.options) {
    std::vector<EntryPoint>& points = groups.find(std::string(option.group))->second;
    if (!is_script_group(option.group)) {
      auto point = parse_reference(option.name, option.value);
      points.push_back(point ? *std::move(point)
                             : EntryPoint{std::string(option.name), option.value, {}, {}});
      continue;
    }
    const auto [known, is_new] = scripts.try_emplace({option.group, option.name}, option.value);
    if (!is_new && known->second == option.value) continue;
    if (!is_new) return ParseError{"the script " + quote(option.name) + " occurs twice", option.offset};
    auto script = script_of(option);
    if (!script) return script.error();
    points.push_back(*std::move(script));
  }
  return groups;
}

}  // namespace

Result<EntryPoints> parse_entry_points(std::string_view file) {
  const std::string_view text = text::without_byte_order_mark(file);
  auto groups = parse_unmarked(text);
  if (groups) return groups;
  return ParseError{groups.error().message, groups.error().position + file.size() - text.size()};
}

}  // namespace pypackaging

#include "metadata_fields.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "../standards/quote.h"
#include "license_expression.h"
#include "pypackaging/metadata.h"
#include "pypackaging/name.h"
#include "text.h"

namespace pypackaging {
namespace {

constexpr MetadataField kFields[] = {
    {"author", false, {1, 0}},
    {"author-email", false, {1, 0}},
    {"classifier", true, {1, 1}},
    {"description", false, {1, 0}},
    {"description-content-type", false, {2, 1}},
    {"download-url", false, {1, 1}},
    {"dynamic", true, {2, 2}},
    {"home-page", false, {1, 0}},
    {"import-name", true, {2, 5}},
    {"import-namespace", true, {2, 5}},
    {"keywords", false, {1, 0}},
    {"license", false, {1, 0}},
    {"license-expression", false, {2, 4}},
    {"license-file", true, {2, 4}},
    {"maintainer", false, {1, 2}},
    {"maintainer-email", false, {1, 2}},
    {"metadata-version", false, {1, 0}},
    {"name", false, {1, 0}},
    {"obsoletes", true, {1, 1}},
    {"obsoletes-dist", true, {1, 2}},
    {"platform", true, {1, 0}},
    {"project-url", true, {1, 2}},
    {"provides", true, {1, 1}},
    {"provides-dist", true, {1, 2}},
    {"provides-extra", true, {2, 1}},
    {"requires", true, {1, 1}},
    {"requires-dist", true, {1, 2}},
    {"requires-external", true, {1, 2}},
    {"requires-python", false, {1, 2}},
    {"summary", false, {1, 0}},
    {"supported-platform", true, {1, 1}},
    {"version", false, {1, 0}},
};

std::optional<std::string> fault_of_content_type(std::string_view value) {
  const std::vector<std::string_view> parts = text::split(value, ';');
  const std::string type = ascii::to_lower(ascii::trim(parts.front()));
  if (type != "text/plain" && type != "text/x-rst" && type != "text/markdown")
    return quote(type) + " is none of text/plain, text/x-rst, text/markdown";
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    const std::size_t equals = part->find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = ascii::to_lower(ascii::trim(part->substr(0, equals)));
    const std::string_view argument = ascii::trim(part->substr(equals + 1));
    if (key == "charset" && !ascii::equal_ignoring_case(argument, "utf-8"))
      return "the charset " + quote(argument) + " is not UTF-8";
    if (key == "variant" && type == "text/markdown" && argument != "GFM" && argument != "CommonMark")
      return "the variant " + quote(argument) + " is neither GFM nor CommonMark";
  }
  return std::nullopt;
}

std::optional<std::string> fault_of_license_file(std::string_view value) {
  const bool is_absolute = value.starts_with('/') || (value.size() > 1 && value[1] == ':');
  const std::vector<std::string_view> parts = text::split(value, '/');
  const bool leaves = std::find(parts.begin(), parts.end(), "..") != parts.end();
  if (value.empty() || is_absolute || leaves || value.find('\\') != std::string_view::npos)
    return quote(value) + " is not a relative path below the licenses folder";
  return std::nullopt;
}

/// Accepts `package.module`, optionally with `; private`. An empty Import-Name means that there is nothing to
/// import.
std::optional<std::string> fault_of_import_name(std::string_view value) {
  const std::size_t semicolon = value.find(';');
  const bool is_marked = semicolon != std::string_view::npos;
  if (is_marked && ascii::trim(value.substr(semicolon + 1)) != "private")
    return quote(value) + " has something other than 'private' after the semicolon";
  if (value.empty()) return std::nullopt;
  for (const std::string_view part : text::split(ascii::trim(value.substr(0, semicolon)), '.'))
    if (part.empty() || ascii::is_digit(part.front()) ||
        !std::all_of(part.begin(), part.end(), text::is_word))
      return quote(value) + " is no name that Python can import";
  return std::nullopt;
}

std::optional<std::string> fault_of_dynamic(std::string_view value) {
  const std::string name = ascii::to_lower(value);
  if (name == "name" || name == "version" || name == "metadata-version")
    return quote(name) + " may not be dynamic";
  if (find_metadata_field(name) == nullptr) return quote(name) + " is not a field";
  return std::nullopt;
}

}  // namespace

const MetadataField* find_metadata_field(std::string_view name) {
  const auto* const found =
      std::lower_bound(std::begin(kFields), std::end(kFields), name,
                       [](const MetadataField& field, std::string_view text) { return field.name < text; });
  return found != std::end(kFields) && found->name == name ? found : nullptr;
}

std::optional<std::pair<int, int>> known_metadata_version(std::string_view text) {
  // 2.0 was never accepted, but wheels were published with it.
  constexpr std::array<std::string_view, 9> kKnown = {"1.0", "1.1", "1.2", "2.0", "2.1",
                                                      "2.2", "2.3", "2.4", "2.5"};
  if (std::find(kKnown.begin(), kKnown.end(), text) == kKnown.end()) return std::nullopt;
  return std::pair{text[0] - '0', text[2] - '0'};
}

std::optional<std::string> fault_of_value(std::string_view name, std::string_view value) {
  if (name == "summary" && value.find('\n') != std::string_view::npos) return "has more than one line";
  if (name == "description-content-type") return fault_of_content_type(value);
  if (name == "license-expression") return fault_of_license_expression(value);
  if (name == "license-file") return fault_of_license_file(value);
  if (name == "import-name" || name == "import-namespace") return fault_of_import_name(value);
  if (name == "dynamic") return fault_of_dynamic(value);
  if (name == "provides-extra" && !is_valid_name(value)) return quote(value) + " is not a valid extra";
  return std::nullopt;
}

bool is_multiple_use_field(std::string_view name) {
  const MetadataField* const field = find_metadata_field(name);
  return field != nullptr && field->is_multiple_use;
}

}  // namespace pypackaging

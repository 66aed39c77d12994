#include "pypackaging/metadata.h"

#include <algorithm>
#include <set>

#include "../standards/quote.h"
#include "message.h"
#include "metadata_fields.h"
#include "pypackaging/name.h"
#include "text.h"

namespace pypackaging {
namespace {

/// Puts a folded value on one line, as the requirement parser expects.
std::string on_one_line(std::string value) {
  std::replace(value.begin(), value.end(), '\n', ' ');
  return value;
}

bool has_newer_major(const std::string& version) {
  const std::string major = version.substr(0, version.find('.'));
  const bool is_number = !major.empty() && std::all_of(major.begin(), major.end(), ascii::is_digit);
  return is_number && major != "1" && major != "2" && major != "0";
}

class MetadataReader {
 public:
  CoreMetadata read(std::string_view text) {
    const Message message = parse_message(text);
    for (const std::size_t offset : message.stray_lines) fault({}, "a line is no 'Field: value'", offset);
    for (const MessageField& field : message.fields) take(field.name, field.value, field.offset);
    if (!message.body.empty()) take_body(message.body, message.body_offset);
    check_presence();
    check_ages(message);
    return std::move(metadata_);
  }

 private:
  void fault(std::string_view field, std::string_view message, std::size_t offset) {
    std::string text(field);
    if (!field.empty()) text += ": ";
    metadata_.errors.push_back({text.append(message), offset});
  }

  /// Records an error that makes the metadata unusable.
  void fatal(std::string_view field, std::string_view message, std::size_t offset) {
    fault(field, message, offset);
    if (!metadata_.first_fatal) metadata_.first_fatal = metadata_.errors.back();
  }

  void take(const std::string& name, const std::string& value, std::size_t offset) {
    std::vector<std::string>& values = metadata_.fields[name];
    const MetadataField* const field = find_metadata_field(name);
    if (!values.empty() && field != nullptr && !field->is_multiple_use)
      return take_repeated(name, value != values.front(), offset);
    values.push_back(as_utf8(name, value, offset));
    if (field != nullptr) interpret(name, values.back(), offset);
  }

  void take_repeated(const std::string& name, bool differs, std::size_t offset) {
    if (differs && (name == "name" || name == "version"))
      fatal(name, "occurs more than once", offset);
    else
      fault(name, "occurs more than once; the first one counts", offset);
  }

  void take_body(std::string_view body, std::size_t offset) {
    std::vector<std::string>& values = metadata_.fields["description"];
    if (!values.empty()) return fault("description", "is both a header and in the body", offset);
    values.push_back(as_utf8("description", body, offset));
  }

  std::string as_utf8(const std::string& name, std::string_view value, std::size_t offset) {
    if (text::is_utf8(value)) return std::string(value);
    // The name of an unknown field is printable ASCII, but untrusted and of any length.
    fault(find_metadata_field(name) != nullptr ? name : quote(name), "is not UTF-8", offset);
    return text::to_utf8(value);
  }

  void interpret(const std::string& name, const std::string& value, std::size_t offset) {
    if (const auto wrong = fault_of_value(name, value)) fault(name, *wrong, offset);
    if (name == "metadata-version")
      take_metadata_version(value, offset);
    else if (name == "name")
      take_name(value, offset);
    else if (name == "version")
      take_version(value, offset);
    else if (name == "requires-dist")
      take_requirement(value, offset);
    else if (name == "requires-python")
      take_requires_python(value, offset);
    else if (name == "provides-extra")
      take_extra(value);
    else if (name == "dynamic")
      metadata_.dynamic.push_back(ascii::to_lower(value));
  }

  void take_metadata_version(const std::string& value, std::size_t offset) {
    metadata_.metadata_version = value;
    if (!known_metadata_version(value) && !has_newer_major(value))
      fault("metadata-version", quote(value) + " is not a known version", offset);
    if (has_newer_major(value))
      fatal("metadata-version", quote(value) + " is newer than this program supports", offset);
  }

  void take_name(const std::string& value, std::size_t offset) {
    metadata_.name = value;
    if (!is_valid_name(value)) fatal("name", quote(value) + " is not a valid project name", offset);
  }

  void take_version(const std::string& value, std::size_t offset) {
    if (auto version = Version::parse(value))
      metadata_.version = *std::move(version);
    else
      fatal("version", quote(value) + " is not a valid version", offset);
  }

  void take_requirement(const std::string& value, std::size_t offset) {
    if (auto requirement = Requirement::parse(on_one_line(value)))
      metadata_.requires_dist.push_back(*std::move(requirement));
    else
      fatal("requires-dist", quote(value) + " cannot be read: " + requirement.error().message, offset);
  }

  void take_requires_python(const std::string& value, std::size_t offset) {
    if (auto specifier = SpecifierSet::parse(on_one_line(value)))
      metadata_.requires_python = *std::move(specifier);
    else
      fatal("requires-python", quote(value) + " cannot be read: " + specifier.error().message, offset);
  }

  void take_extra(const std::string& value) {
    std::string extra = normalize_name(value);
    if (is_valid_name(value) && extras_.insert(extra).second)
      metadata_.provides_extra.push_back(std::move(extra));
  }

  void check_presence() {
    if (!metadata_.fields.contains("metadata-version")) fault("metadata-version", "is missing", 0);
    for (const char* const name : {"name", "version"})
      if (!metadata_.fields.contains(name)) fatal(name, "is missing", 0);
  }

  /// Reports fields that are newer than the Metadata-Version. They are harmless, but older tools do not look
  /// for them.
  void check_ages(const Message& message) {
    const auto version = known_metadata_version(metadata_.metadata_version);
    if (!version) return;
    std::set<std::string_view> told;
    for (const MessageField& each : message.fields) {
      const MetadataField* const field = find_metadata_field(each.name);
      if (field == nullptr || field->since <= *version || !told.insert(field->name).second) continue;
      fault(field->name,
            "belongs to metadata version " + std::to_string(field->since.first) + "." +
                std::to_string(field->since.second) + ", not " + metadata_.metadata_version,
            each.offset);
    }
  }

  CoreMetadata metadata_;
  std::set<std::string> extras_;
};

}  // namespace

CoreMetadata CoreMetadata::parse(std::string_view text) {
  return MetadataReader().read(text);
}

std::optional<ParseError> CoreMetadata::fatal_error() const {
  return first_fatal;
}

}  // namespace pypackaging

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pypackaging {

/// A field of the core metadata specification.
struct MetadataField {
  std::string_view name;  ///< lower case, with dashes
  bool is_multiple_use;
  std::pair<int, int> since;  ///< the Metadata-Version that introduced it
};

/// nullptr if the specification has no such field; `name` in lower case with dashes.
const MetadataField* find_metadata_field(std::string_view name);

/// (2, 4) for "2.4"; nullopt if that version was never published.
std::optional<std::pair<int, int>> known_metadata_version(std::string_view text);

/// The error in a field's value, or nullopt. Covers summary, description-content-type, license-expression,
/// license-file, import-name, import-namespace, dynamic and provides-extra.
std::optional<std::string> fault_of_value(std::string_view name, std::string_view value);

}  // namespace pypackaging

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pypackaging {

/// A row of the core metadata specification.
struct MetadataField {
  std::string_view name;  ///< lower case, with dashes
  bool is_multiple_use;
  std::pair<int, int> since;  ///< the Metadata-Version that brought it
};

/// nullptr when the specification has no such field; `name` in lower case with dashes.
const MetadataField* find_metadata_field(std::string_view name);

/// (2, 4) of "2.4", when that is a version that was ever published.
std::optional<std::pair<int, int>> known_metadata_version(std::string_view text);

/// What is wrong with a field's value by itself, or nullopt. Covers the fields that installing and resolving
/// have no use for; those that they use are parsed.
std::optional<std::string> fault_of_value(std::string_view name, std::string_view value);

}  // namespace pypackaging

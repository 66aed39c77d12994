#pragma once
#include <string_view>

namespace envstore {

struct ForestRule {
  std::string_view name, reason;
};

/// The entry of forest_rules.yaml for a distribution, or nullptr.
const ForestRule* forest_rule(std::string_view normalized_name);

}  // namespace envstore

#include <algorithm>
#include <array>
#include <utility>

#include "marker_node.h"

namespace pypackaging {
namespace {

/// Name as written, current name. The dotted names and `python_implementation` are those of PEP 345 and of
/// setuptools before PEP 508.
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kVariables = {{
    {"python_version", "python_version"},
    {"python_full_version", "python_full_version"},
    {"os_name", "os_name"},
    {"sys_platform", "sys_platform"},
    {"platform_release", "platform_release"},
    {"platform_system", "platform_system"},
    {"platform_version", "platform_version"},
    {"platform_machine", "platform_machine"},
    {"platform_python_implementation", "platform_python_implementation"},
    {"implementation_name", "implementation_name"},
    {"implementation_version", "implementation_version"},
    {marker_variable::extra, marker_variable::extra},
    {marker_variable::extras, marker_variable::extras},
    {marker_variable::groups, marker_variable::groups},
    {"os.name", "os_name"},
    {"sys.platform", "sys_platform"},
    {"platform.version", "platform_version"},
    {"platform.machine", "platform_machine"},
    {"platform.python_implementation", "platform_python_implementation"},
    {"python_implementation", "platform_python_implementation"},
}};

}  // namespace

std::string_view marker_variable::find(std::string_view written) {
  const auto found = std::find_if(kVariables.begin(), kVariables.end(),
                                  [&](const auto& variable) { return variable.first == written; });
  return found == kVariables.end() ? std::string_view{} : found->second;
}

bool marker_variable::is_set(std::string_view name) {
  return name == extras || name == groups;
}

bool marker_variable::is_version(std::string_view name) {
  return name == "python_version" || name == "python_full_version" || name == "implementation_version" ||
         name == "platform_release";
}

std::string_view marker_operator_text(MarkerOperator op) {
  switch (op.kind) {
    case MarkerOperator::Kind::in:
      return "in";
    case MarkerOperator::Kind::not_in:
      return "not in";
    case MarkerOperator::Kind::compare:
      break;
  }
  return operator_text(op.compare);
}

}  // namespace pypackaging

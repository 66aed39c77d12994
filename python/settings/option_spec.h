#pragma once
#include <string_view>

namespace envstore {

/// One flag of a command. Its parsing, help text and table row in the command's page are derived from it.
struct OptionSpec {
  std::string_view name;          ///< long name without dashes
  char short_name = 0;            ///< 0: none
  std::string_view value = {};    ///< name of the value in the help text; empty: a switch
  std::string_view help = {};     ///< empty: not in the help; the flag has no effect or is refused
  std::string_view refusal = {};  ///< not empty: the flag (of uv) is refused with this hint
  std::string_view means = {};    ///< the value that the switch gives its setting; empty: true
};

}  // namespace envstore

#pragma once
#include <string>
#include <string_view>

namespace envstore {

/// What the output of a failed build says that the machine, or the build's environment, lacks, and how to get
/// it: for a hint. Empty: it says nothing of that kind.
std::string what_is_missing(std::string_view output);

}  // namespace envstore

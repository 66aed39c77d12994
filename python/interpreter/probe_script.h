#pragma once
#include <string_view>

namespace envstore {

/// The Python program that probes an interpreter; valid for 2.7 and 3.x. Prints one line: kProbeMark, then a
/// JSON object. Other output (sitecustomize, wrappers) is ignored.
extern const std::string_view kProbeScript;
inline constexpr std::string_view kProbeMark = "envstore-probe-answer:";

}  // namespace envstore

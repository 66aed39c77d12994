#pragma once
#include <string_view>

namespace envstore {

/// The program that an interpreter is asked to run. Reads on 2.7 and 3.x alike. It answers with one line:
/// kProbeMark, then a JSON object; what sitecustomize or a wrapper prints besides is not looked at.
extern const std::string_view kProbeScript;
inline constexpr std::string_view kProbeMark = "envstore-probe-answer:";

}  // namespace envstore

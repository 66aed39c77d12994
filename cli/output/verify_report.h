#pragma once
#include <optional>
#include <string>

#include "gc/verify/verify.h"
#include "store/snapshots/adopt.h"

namespace envstore {

std::string verify_text(const VerifyReport& report, const std::optional<RebuildReport>& rebuilt);
/// The schema is documented in cmd_verify.md.
std::string verify_json(const VerifyReport& report, const std::optional<RebuildReport>& rebuilt);

}  // namespace envstore

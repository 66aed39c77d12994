#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pypackaging/result.h"
#include "pypackaging/tags.h"
#include "pypackaging/version.h"

namespace pypackaging {

/// `NAME-VERSION(-BUILD)?-PY-ABI-PLATFORM.whl` (packaging.python.org "Binary distribution format", PEP 427).
struct WheelFilename {
  std::string name;  ///< normalised
  Version version;
  std::optional<std::pair<std::uint64_t, std::string>> build;  ///< build tag: leading number, rest
  std::vector<Tag> tags;
  static Result<WheelFilename> parse(std::string_view filename);
};

/// `NAME-VERSION.tar.gz`, or .zip (packaging.python.org "Source distribution format", PEP 625). Older names
/// may contain more dashes: the name ends at the last dash or, with `expected_name`, where it equals that.
/// With `expected_name` the suffixes of old uploads (.tar.bz2, .tgz, ...) are accepted, too.
struct SdistFilename {
  std::string name;  ///< normalised
  Version version;
  static Result<SdistFilename> parse(std::string_view filename, std::string_view expected_name = {});
};

}  // namespace pypackaging

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "zip_builder.h"

namespace envstore::test {

using zip::test::bytes_of;
using zip::test::Part;

/// A wheel: files plus dist-info with a matching RECORD. `entries` may change the text of RECORD.
struct WheelParts {
  std::string name = "pkg", version = "1.0";
  std::vector<Part> files;
  std::string wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
  std::optional<std::string> metadata = {};
  std::string entry_points;
  std::vector<Part> unrecorded;  ///< members that RECORD does not list
  std::string record_addition;   ///< additional lines
  std::optional<std::string> record = {};

  std::string dist_info() const { return name + "-" + version + ".dist-info"; }
  std::string filename() const { return name + "-" + version + "-py3-none-any.whl"; }
  std::string archive() const;
};

std::string record_line(const std::string& path, const std::string& content);

}  // namespace envstore::test

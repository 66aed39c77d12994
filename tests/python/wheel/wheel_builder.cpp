#include "wheel_builder.h"

#include "python/wheel/record.h"

namespace envstore::test {

std::string record_line(const std::string& path, const std::string& content) {
  const bool needs_quotes = path.find(',') != std::string::npos;
  return (needs_quotes ? "\"" + path + "\"" : path) +
         ",sha256=" + urlsafe_base64(record_digest("sha256", bytes_of(content))) + "," +
         std::to_string(content.size()) + "\n";
}

std::string WheelParts::archive() const {
  std::vector<Part> parts = files;
  const std::string text =
      metadata.value_or("Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n");
  parts.push_back({.name = dist_info() + "/METADATA", .content = text, .deflate = true});
  parts.push_back({.name = dist_info() + "/WHEEL", .content = wheel});
  if (!entry_points.empty())
    parts.push_back({.name = dist_info() + "/entry_points.txt", .content = entry_points});
  std::string lines;
  for (const Part& part : parts)
    if (!part.name.ends_with('/')) lines += record_line(part.name, part.content);
  lines += dist_info() + "/RECORD,,\n" + record_addition;
  parts.push_back({.name = dist_info() + "/RECORD", .content = record.value_or(lines)});
  parts.insert(parts.end(), unrecorded.begin(), unrecorded.end());
  return zip::test::zip_of(parts);
}

}  // namespace envstore::test

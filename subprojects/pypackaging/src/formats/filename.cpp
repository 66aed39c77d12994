#include "pypackaging/filename.h"

#include <array>
#include <charconv>

#include "../standards/quote.h"
#include "pypackaging/name.h"
#include "text.h"

namespace pypackaging {
namespace {

/// More than any file system allows; limits the work for hostile input.
constexpr std::size_t kLongestFilename = 1024;

/// True for the name part of a wheel's file name, in which a run of separators is replaced by a single one.
bool is_escaped_name(std::string_view part) {
  return is_valid_name(part) && part.find("__") == std::string_view::npos;
}

Result<std::pair<std::uint64_t, std::string>> parse_build(std::string_view part, std::size_t offset) {
  std::uint64_t number = 0;
  const char* const part_end = part.data() + part.size();
  const auto [end, fault] = std::from_chars(part.data(), part_end, number);
  if (fault != std::errc{})
    return ParseError{"the build tag " + quote(part) + " does not begin with a number", offset};
  return std::pair{number, std::string(end, part_end)};
}

Result<Version> parse_version_part(std::string_view part, std::size_t offset) {
  auto version = Version::parse(part);
  if (!version || part != ascii::trim(part))
    return ParseError{"the version part " + quote(part) + " is not a valid version", offset};
  return version;
}

struct WheelParts {
  std::array<std::string_view, 6> parts;
  std::size_t count = 0;
};

std::optional<WheelParts> split_wheel(std::string_view stem) {
  WheelParts result;
  for (;;) {
    if (result.count == result.parts.size()) return std::nullopt;
    const std::size_t dash = stem.find('-');
    result.parts[result.count++] = stem.substr(0, dash);
    if (dash == std::string_view::npos) break;
    stem.remove_prefix(dash + 1);
  }
  if (result.count < 5) return std::nullopt;
  return result;
}

/// PEP 625 allows only .tar.gz; .zip is from before it. The other suffixes of old uploads are accepted only
/// if the project is known.
std::optional<std::string_view> without_sdist_suffix(std::string_view filename, bool is_project_known) {
  for (const std::string_view suffix : {".tar.gz", ".zip"})
    if (filename.ends_with(suffix)) return filename.substr(0, filename.size() - suffix.size());
  if (!is_project_known) return std::nullopt;
  for (const std::string_view suffix : {".tar.bz2", ".tar.xz", ".tgz", ".tar.Z", ".tar"})
    if (filename.ends_with(suffix)) return filename.substr(0, filename.size() - suffix.size());
  return std::nullopt;
}

Result<SdistFilename> split_at(std::string_view stem, std::size_t dash) {
  const std::string_view name = stem.substr(0, dash);
  if (!is_valid_name(name))
    return ParseError{"the name part " + quote(name) + " is not a valid project name", 0};
  auto version = parse_version_part(stem.substr(dash + 1), dash + 1);
  if (!version) return version.error();
  return SdistFilename{normalize_name(name), *std::move(version)};
}

}  // namespace

Result<WheelFilename> WheelFilename::parse(std::string_view filename) {
  constexpr std::string_view kSuffix = ".whl";
  if (!filename.ends_with(kSuffix))
    return ParseError{"a wheel's file name ends in .whl, and " + quote(filename) + " does not",
                      filename.size()};
  const auto split = split_wheel(filename.substr(0, filename.size() - kSuffix.size()));
  if (!split)
    return ParseError{
        "a wheel's file name has five or six parts between dashes, and " + quote(filename) + " has not", 0};
  const auto& [parts, count] = *split;
  const auto offset_of = [&](std::string_view part) {
    return static_cast<std::size_t>(part.data() - filename.data());
  };
  if (!is_escaped_name(parts[0]))
    return ParseError{"the name part " + quote(parts[0]) + " is not a valid project name", 0};
  auto version = parse_version_part(parts[1], offset_of(parts[1]));
  if (!version) return version.error();
  WheelFilename wheel{normalize_name(parts[0]), *std::move(version), std::nullopt, {}};
  if (count == 6) {
    auto build = parse_build(parts[2], offset_of(parts[2]));
    if (!build) return build.error();
    wheel.build = *std::move(build);
  }
  const std::size_t tag_begin = offset_of(parts[count - 3]);
  auto tags = parse_tag(filename.substr(tag_begin, filename.size() - kSuffix.size() - tag_begin));
  if (!tags) return ParseError{tags.error().message, tag_begin + tags.error().position};
  wheel.tags = *std::move(tags);
  return wheel;
}

Result<SdistFilename> SdistFilename::parse(std::string_view filename, std::string_view expected_name) {
  if (filename.size() > kLongestFilename)
    return ParseError{"the file name " + quote(filename) + " is too long", kLongestFilename};
  const auto stem = without_sdist_suffix(filename, !expected_name.empty());
  if (!stem)
    return ParseError{
        "a source distribution's file name ends in .tar.gz or .zip, and " + quote(filename) + " does not",
        filename.size()};
  if (stem->find('-') == std::string_view::npos)
    return ParseError{"there is no dash between name and version in " + quote(filename), 0};
  if (expected_name.empty()) return split_at(*stem, stem->rfind('-'));
  const std::string expected = normalize_name(expected_name);
  for (std::size_t dash = stem->find('-'); dash != std::string_view::npos; dash = stem->find('-', dash + 1))
    if (normalize_name(stem->substr(0, dash)) == expected)
      if (auto split = split_at(*stem, dash)) return split;
  return ParseError{"the file name " + quote(filename) + " is not one of " + quote(expected), 0};
}

}  // namespace pypackaging

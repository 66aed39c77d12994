#include <algorithm>
#include <chrono>

#include "python/lock/pylock.h"
#include "python/network/url.h"
#include "store/platform/format.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"

// The layout of the text is uv's: inline tables, an array with one element on one line, longer ones with one
// element a line. The order of keys is the specification's.

namespace envstore {
namespace {

void append_escaped(std::string& out, unsigned code_point) {
  out += code_point > 0xffff ? format_text("\\U{:08x}", code_point) : format_text("\\u{:04x}", code_point);
}

/// `sequence` is one well-formed UTF-8 sequence.
unsigned code_point_of(std::string_view sequence) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(sequence[at]); };
  if (sequence.size() == 1) return byte(0);
  unsigned value = byte(0) & (0xffU >> (sequence.size() + 1));
  for (std::size_t at = 1; at < sequence.size(); ++at) value = value << 6 | (byte(at) & 0x3fU);
  return value;
}

/// A basic string. Names and URLs come from a package index: what could steer a terminal is escaped, and a
/// byte that is not UTF-8, which TOML cannot hold, becomes U+FFFD.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(sequence.size());
    if (length == 0)
      append_escaped(out, 0xfffd);
    else if (sequence == "\"" || sequence == "\\")
      out.append(1, '\\').append(sequence);
    else if (steers_terminal(sequence))
      append_escaped(out, code_point_of(sequence));
    else
      out += sequence;
  }
  return out + '"';
}

/// With single quotes inside where the marker allows it, as uv writes it.
std::string marker_text(const pypackaging::Marker& marker) {
  std::string text = marker.canonical();
  if (text.find('\'') == std::string::npos) std::replace(text.begin(), text.end(), '"', '\'');
  return toml_string(text);
}

/// An RFC 3339 time, with the fraction only if there is one.
std::string time_text(std::int64_t ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds(ns)};
  const auto second = floor<seconds>(time);
  const auto day = floor<days>(second);
  const year_month_day date(day);
  const hh_mm_ss clock(second - day);
  std::string text = format_text("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()),
                                 unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                                 clock.minutes().count(), clock.seconds().count());
  if (const auto fraction = (time - second).count(); fraction != 0)
    text += fraction % 1000 == 0 ? format_text(".{:06}", fraction / 1000) : format_text(".{:09}", fraction);
  return text + 'Z';
}

std::string hashes_text(const FileDigests& hashes) {
  std::string text;
  std::string previous;
  for (const FileDigest& hash : hashes) {
    if (hash.hex.empty() || hash.algorithm == previous) continue;
    text += (text.empty() ? "" : ", ") + hash.algorithm + " = " + toml_string(hash.hex);
    previous = hash.algorithm;
  }
  return "{ " + text + " }";
}

std::string file_text(const IndexFile& file, bool has_name) {
  const std::string address = without_credentials(file.url);
  const bool is_path = address.starts_with('/');
  std::string text;
  const std::string last =
      is_path ? name_of(address) : percent_decode(name_of(address.substr(0, address.find('?'))));
  if (has_name && last != file.filename) text += "name = " + toml_string(file.filename) + ", ";
  text += (is_path ? "path = " : "url = ") + toml_string(address);
  if (file.upload_time_ns) text += ", upload-time = " + time_text(*file.upload_time_ns);
  if (file.size) text += format_text(", size = {}", *file.size);
  return "{ " + text + ", hashes = " + hashes_text(file.hashes) + " }";
}

std::string array_text(const std::vector<std::string>& elements) {
  if (elements.empty()) return "[]";
  if (elements.size() == 1) return "[" + elements.front() + "]";
  std::string text = "[\n";
  for (const std::string& element : elements) text += "    " + element + ",\n";
  return text + "]";
}

template <class Values, class ToText>
std::string array_of(const Values& values, ToText&& to_text) {
  std::vector<std::string> elements;
  for (const auto& value : values) elements.push_back(to_text(value));
  return array_text(elements);
}

std::string line(std::string_view key, const std::string& value) {
  return format_text("{} = {}\n", key, value);
}

std::string package_text(const PylockPackage& package) {
  std::string text = "\n[[packages]]\n" + line("name", toml_string(package.name));
  if (package.version) text += line("version", toml_string(package.version->canonical()));
  if (!package.marker.empty()) text += line("marker", marker_text(package.marker));
  if (package.requires_python)
    text += line("requires-python", toml_string(package.requires_python->canonical()));
  if (!package.dependencies.empty())
    text += line("dependencies", array_of(package.dependencies, [](const std::string& name) {
                   return "{ name = " + toml_string(name) + " }";
                 }));
  if (package.archive) text += line("archive", file_text(*package.archive, false));
  if (!package.index.empty()) text += line("index", toml_string(without_credentials(package.index)));
  if (package.sdist) text += line("sdist", file_text(*package.sdist, true));
  if (!package.wheels.empty())
    text +=
        line("wheels", array_of(package.wheels, [](const IndexFile& file) { return file_text(file, true); }));
  return text;
}

}  // namespace

std::string write_pylock(const Pylock& pylock) {
  std::string text = line("lock-version", toml_string("1.0"));
  if (!pylock.environments.empty()) text += line("environments", array_of(pylock.environments, marker_text));
  if (pylock.requires_python)
    text += line("requires-python", toml_string(pylock.requires_python->canonical()));
  if (!pylock.extras.empty()) text += line("extras", array_of(pylock.extras, toml_string));
  if (!pylock.dependency_groups.empty())
    text += line("dependency-groups", array_of(pylock.dependency_groups, toml_string));
  if (!pylock.default_groups.empty())
    text += line("default-groups", array_of(pylock.default_groups, toml_string));
  text += line("created-by", toml_string(pylock.created_by));
  if (pylock.packages.empty()) text += "packages = []\n";
  for (const PylockPackage& package : pylock.packages) text += package_text(package);
  return text;
}

}  // namespace envstore

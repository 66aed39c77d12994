#include "python/settings/direct_requirement.h"

#include <algorithm>
#include <optional>

#include "pypackaging/filename.h"
#include "pypackaging/name.h"
#include "python/network/url.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

using pypackaging::Requirement;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos;
}

/// `NAME[extras] @ TARGET ; MARKER`; name and extras may be absent.
struct Parts {
  std::string head;    ///< name and extras as written; empty: the name is in the target's file name
  std::string extras;  ///< after a target without a name: `[a,b]`
  std::string target;
  std::string marker;
};

/// The position of the `;` before a marker. In a URL it must be next to a blank, because a URL may contain
/// `;`.
std::size_t marker_separator(std::string_view text) {
  for (std::size_t at = text.find(';'); at != std::string_view::npos; at = text.find(';', at + 1)) {
    const std::string_view before = trimmed(text.substr(0, at));
    const bool is_free =
        (at > 0 && is_blank(text[at - 1])) || (at + 1 < text.size() && is_blank(text[at + 1]));
    if (is_free || (!is_url(text) && (before.ends_with(".whl") || before.ends_with(']')))) return at;
  }
  return std::string_view::npos;
}

/// The length of `NAME[extras]` before an `@`; 0: there is none.
std::size_t head_length(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return 0;
  std::string_view head = trimmed(text.substr(0, at));
  if (head.ends_with(']')) head = trimmed(head.substr(0, head.find('[')));
  return pypackaging::is_valid_name(head) ? at : 0;
}

Parts split(std::string_view text) {
  Parts parts;
  const std::size_t separator = marker_separator(text);
  if (separator != std::string_view::npos) {
    parts.marker = trimmed(text.substr(separator + 1));
    text = text.substr(0, separator);
  }
  if (const std::size_t length = head_length(text); length > 0) {
    parts.head = trimmed(text.substr(0, length));
    text.remove_prefix(length + 1);
  }
  text = trimmed(text);
  if (parts.head.empty() && text.ends_with(']'))
    if (const std::size_t bracket = text.rfind('['); bracket != std::string_view::npos && bracket > 0) {
      parts.extras = text.substr(bracket);
      text = trimmed(text.substr(0, bracket));
    }
  parts.target = text;
  return parts;
}

std::string without_fragment(const std::string& target) {
  return is_url(target) ? target.substr(0, target.find_first_of("?#")) : target;
}

bool has_file_scheme(const std::string& target) {
  return to_lower(target).starts_with("file:");
}

/// Whether the target can only be the path or URL of a wheel.
bool is_wheel(const Parts& parts) {
  const std::string path = without_fragment(parts.target);
  if (!path.ends_with(".whl")) return false;
  return !parts.head.empty() || path.find('/') != std::string::npos || has_file_scheme(path) ||
         path.find_first_of("<>=!~ ") == std::string::npos;
}

std::string in_directory(const std::string& path, const std::string& directory) {
  return absolute_path(path.starts_with('/') ? path : directory + "/" + path);
}

std::string address_of(const std::string& target, const std::string& directory) {
  constexpr std::size_t kScheme = 5;  // file:
  if (is_url(target)) {
    std::string address;
    for (const char c : target) address += c == ' ' ? std::string("%20") : std::string(1, c);
    return address;
  }
  if (lacks_scheme(target))
    throw Error(ErrorKind::usage, "cannot use the address of a wheel: it cannot be read",
                "it begins with https://, http:// or file://");
  if (!has_file_scheme(target)) return file_url(in_directory(target, directory));
  return file_url(in_directory(percent_decode(target.substr(kScheme)), directory));
}

[[noreturn]] void refuse(const std::string& text, const std::string& reason, const std::string& hint) {
  throw Error(ErrorKind::usage, "cannot use '" + text + "': " + reason, hint);
}

/// Returns `NAME @ URL ; MARKER`; a missing name is taken from the wheel's file name.
std::string as_direct_reference(const std::string& text, const Parts& parts, const std::string& directory) {
  const std::string address = address_of(parts.target, directory);
  const auto wheel = pypackaging::WheelFilename::parse(percent_decode(name_of(without_fragment(address))));
  if (!wheel) refuse(text, wheel.error().message, "");
  const std::string name = std::string(trimmed(parts.head.substr(0, parts.head.find('['))));
  if (!name.empty() && pypackaging::normalize_name(name) != wheel->name)
    refuse(text, "the file is a wheel of '" + wheel->name + "'", "write '" + wheel->name + " @ ...'");
  const std::string head = parts.head.empty() ? wheel->name + parts.extras : parts.head;
  return head + " @ " + address + (parts.marker.empty() ? "" : " ; " + parts.marker);
}

}  // namespace

Requirement parse_user_requirement(const std::string& text, const std::string& directory) {
  const Parts parts = split(text);
  auto requirement = Requirement::parse(is_wheel(parts) ? as_direct_reference(text, parts, directory) : text);
  if (requirement) return std::move(*requirement);
  const bool is_path = parts.target.starts_with('.') || parts.target.starts_with('/') || is_url(parts.target);
  if (is_path && !is_wheel(parts))
    refuse(text, "only wheels (.whl) can be given by path or address",
           "source folders, archives and repositories are not built");
  refuse(text,
         requirement.error().message + " (at character " + std::to_string(requirement.error().position + 1) +
             ")",
         "a requirement reads like 'numpy', 'numpy>=2' or 'requests[socks]<3'");
}

}  // namespace envstore

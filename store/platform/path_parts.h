#pragma once
#include <algorithm>
#include <string>
#include <string_view>

namespace envstore {

/// `/a/b` -> `/a`, `/a` -> `/`. The path is absolute.
inline std::string directory_of(std::string_view path) {
  return std::string(path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)));
}

/// `a/b/c` -> `a/b`, `a` -> empty. The path is relative.
inline std::string parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

/// The part after the last slash; the whole path if there is no slash.
inline std::string name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));  // npos + 1 is 0
}

}  // namespace envstore

#include "python/lock/pylock.h"

namespace envstore {

bool PylockPackage::operator==(const PylockPackage& other) const {
  return name == other.name && version == other.version && marker == other.marker &&
         requires_python == other.requires_python && dependencies == other.dependencies &&
         index == other.index && wheels == other.wheels && sdist == other.sdist && archive == other.archive &&
         source_tree == other.source_tree;
}

bool is_pylock_name(std::string_view filename) {
  constexpr std::string_view kStart = "pylock.", kEnd = ".toml";
  if (filename == "pylock.toml") return true;
  if (!filename.starts_with(kStart) || !filename.ends_with(kEnd)) return false;
  if (filename.size() <= kStart.size() + kEnd.size()) return false;
  filename.remove_prefix(kStart.size());
  filename.remove_suffix(kEnd.size());
  return filename.find('.') == std::string_view::npos;
}

}  // namespace envstore

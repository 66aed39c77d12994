#pragma once
#include <set>
#include <string>
#include <vector>

#include "python/wheel/record.h"
#include "python/wheel/wheel.h"

namespace envstore {

enum class PlannedKind {
  copy,     ///< as it is
  script,   ///< in bin; rewritten when it asks for python
  dropped,  ///< checked only: an entry point of the same name takes its place, or envstore writes its own
};

struct PlannedFile {
  const ZipMember* member = nullptr;
  PlannedKind kind = PlannedKind::copy;
  std::string path;  ///< in the tree
  Executable executable = Executable::no;
};

/// A file that envstore makes: entry points, INSTALLER.
struct GeneratedFile {
  std::string path;
  Executable executable = Executable::no;
  std::string content;
};

/// Where every member of a wheel goes.
struct WheelPlan {
  std::string name;       ///< normalised
  std::string version;    ///< canonical
  std::string dist_info;  ///< the directory's name
  std::vector<PlannedFile> files;
  std::vector<GeneratedFile> generated;
  std::set<std::string, std::less<>> site_directories;  ///< all levels
  std::string forest_reason;  ///< from names and places; the files' content may add one
  std::vector<std::string> warnings;
};

/// Reads WHEEL, METADATA and entry_points.txt, checks them against the file name and each other, and decides.
/// Reads nothing else and writes nothing. Throws Error{invalid_input}.
WheelPlan plan_wheel(const ZipArchive& archive, const WheelOrigin& origin);

/// The path of the tree's file as an installed RECORD names it: relative to lib/pythonX.Y/site-packages.
std::string path_from_site(std::string_view tree_path);

}  // namespace envstore

#pragma once
#include <set>
#include <string>
#include <vector>

#include "python/wheel/record.h"
#include "python/wheel/wheel.h"
#include "python/wheel/wheel_archive.h"

namespace envstore {

enum class PlannedKind {
  copy,     ///< unchanged
  script,   ///< in bin; rewritten if it begins with `#!python`
  dropped,  ///< checked only: replaced by an entry point of the same name or a file of envstore, or a
            ///< duplicate
};

struct PlannedFile {
  const zip::Member* member = nullptr;
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
  std::string forest_reason;  ///< from names and paths; the files' content may add one
  std::vector<std::string> warnings;
};

/// Reads WHEEL, METADATA and entry_points.txt, checks them against the file name and each other, and decides
/// where each member goes. Reads no other content and writes nothing. Throws Error{invalid_input}.
WheelPlan plan_wheel(const WheelArchive& archive, const WheelOrigin& origin);

/// The path of a tree's file as an installed RECORD writes it: relative to lib/pythonX.Y/site-packages.
std::string path_from_site(std::string_view tree_path);

}  // namespace envstore

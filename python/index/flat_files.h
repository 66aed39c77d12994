#pragma once
#include <map>
#include <string>
#include <vector>

#include "python/index/simple_page.h"

namespace envstore {

/// Files of many projects in one place (`--find-links`), found by project.
class FlatFiles {
 public:
  explicit FlatFiles(SimplePage page);
  std::vector<IndexFile> files_of(const std::string& normalized_name) const;

 private:
  std::map<std::string, std::vector<IndexFile>> wheels_;
  std::vector<std::pair<std::string, IndexFile>>
      sdists_;  ///< normalised file name: where the version begins is open
};

/// The distributions that lie in a local directory, by name. Throws Error when it cannot be listed.
SimplePage list_folder(const std::string& directory);

/// A page in a local file, or a directory: a project's `index.html` if there is one, else the files in it.
/// nullopt: nothing is there.
enum class Folder { flat, project };
std::optional<SimplePage> read_local_page(const std::string& path, Folder kind);

}  // namespace envstore

#pragma once
#include <map>
#include <string>
#include <vector>

#include "python/index/simple_page.h"

namespace envstore {

/// The files of a flat page or folder that holds many projects (`--find-links`), by project.
class FlatFiles {
 public:
  explicit FlatFiles(SimplePage page);
  std::vector<IndexFile> files_of(const std::string& normalized_name) const;

 private:
  std::map<std::string, std::vector<IndexFile>> wheels_;
  std::vector<std::pair<std::string, IndexFile>>
      sdists_;  ///< by normalised file name: where the version begins is ambiguous
};

/// The distributions in a local directory, sorted by file name. Throws Error if it cannot be listed.
SimplePage list_folder(const std::string& directory);

/// Reads a page from a local file, or a directory: for Folder::project its `index.html` if it exists, else
/// the files in it. nullopt: the path does not exist.
enum class Folder { flat, project };
std::optional<SimplePage> read_local_page(const std::string& path, Folder kind);

}  // namespace envstore

#pragma once
#include <string>
#include <vector>

#include "python/source/source_archive.h"
#include "python/source/source_tree.h"
#include "store/platform/files.h"

namespace envstore {

/// Writes members of an archive into an empty directory that no other process writes to. Its content is
/// known from `tree()`, never looked up; every folder on the way is opened without following links. A
/// second member with the name of a file or link replaces it. Throws Error{invalid_input} for a member that
/// cannot be there.
class TreeWriter {
 public:
  TreeWriter(int directory, const std::string& filename) : root_(directory), filename_(filename) {}

  void make_folder(const std::vector<std::string>& path);
  void write_file(const std::vector<std::string>& path, const ArchiveMember& member, SourceArchive& archive);
  void make_link(const std::vector<std::string>& path, const std::string& target);
  /// `target`: the path of a file that is there.
  void make_hard_link(const std::vector<std::string>& path, const std::vector<std::string>& target);
  const SourceTree& tree() const { return tree_; }

 private:
  int folder_of(const std::vector<std::string>& path);
  Fd enter(int parent, const std::string& path, const std::string& name);
  void make_room(int parent, const std::vector<std::string>& path);
  [[noreturn]] void fail(int error_number, const std::string& path) const;

  const int root_;
  const std::string filename_;
  SourceTree tree_;
  std::string open_path_;  ///< of open_folder_: members of one folder follow each other
  Fd open_folder_;
};

}  // namespace envstore

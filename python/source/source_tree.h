#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envstore {

/// The components of a member's name. Slashes at the start and components that are empty or `.` are dropped.
/// nullopt: a component is `..`, or there are more than any source tree has.
std::optional<std::vector<std::string>> member_path(std::string_view name);

/// What an archive has put into a directory so far, by path. Pure: nothing of it is looked up on disk.
class SourceTree {
 public:
  enum class Kind { file, directory, link };

  std::optional<Kind> find(const std::string& path) const;
  void add(std::string path, Kind kind, std::string link = {});  ///< in place of what was there
  void remove(const std::string& path);
  std::size_t size() const { return nodes_.size(); }
  /// The path of a link that leads out of the folder that its path begins with, also by way of other links.
  /// One that leads to nothing, or in a circle, leads nowhere. nullopt: there is none.
  std::optional<std::string> escaping_link() const;

 private:
  struct Node {
    Kind kind;
    std::string link;
  };
  bool escapes(const std::string& path, const std::string& link, std::size_t& steps_left) const;

  std::map<std::string, Node> nodes_;
};

}  // namespace envstore

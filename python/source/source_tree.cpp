#include "python/source/source_tree.h"

#include <utility>

#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::size_t kMostComponents = 100;
constexpr int kMostLinks = 40;  ///< path_resolution(7): the kernel follows no more
/// For all links together: a few thousand links that each lead through long others take minutes.
constexpr std::size_t kMostSteps = 5'000'000;

/// The components in order, as they are written.
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

bool says_nothing(std::string_view part) {
  return part.empty() || part == ".";
}

/// For a stack whose top is at the end.
void push_reversed(std::vector<std::string>& stack, std::string_view path) {
  std::vector<std::string> parts = split(path);
  while (!parts.empty()) {
    stack.push_back(std::move(parts.back()));
    parts.pop_back();
  }
}

}  // namespace

std::optional<std::vector<std::string>> member_path(std::string_view name) {
  std::vector<std::string> parts;
  for (std::string& part : split(name)) {
    if (says_nothing(part)) continue;
    if (part == ".." || parts.size() == kMostComponents) return std::nullopt;
    parts.push_back(std::move(part));
  }
  return parts;
}

std::optional<SourceTree::Kind> SourceTree::find(const std::string& path) const {
  const auto node = nodes_.find(path);
  return node == nodes_.end() ? std::nullopt : std::optional(node->second.kind);
}

void SourceTree::add(std::string path, Kind kind, std::string link) {
  nodes_.insert_or_assign(std::move(path), Node{kind, std::move(link)});
}

void SourceTree::remove(const std::string& path) {
  nodes_.erase(path);
}

std::optional<std::string> SourceTree::escaping_link() const {
  std::size_t steps_left = kMostSteps;
  for (const auto& [path, node] : nodes_)
    if (node.kind == Kind::link && escapes(path, node.link, steps_left)) return path;
  return std::nullopt;
}

/// Resolves as the kernel does: a component that is a link is replaced by where it leads. `..` of what is not
/// there is taken for its parent.
bool SourceTree::escapes(const std::string& path, const std::string& link, std::size_t& steps_left) const {
  std::vector<std::string> at = split(path);
  at.pop_back();
  std::vector<std::string> rest;  // the next component is the last
  push_reversed(rest, link);
  int links = 1;
  while (!rest.empty()) {
    if (steps_left == 0) return true;
    --steps_left;
    const std::string part = std::move(rest.back());
    rest.pop_back();
    if (says_nothing(part)) continue;
    if (part == "..") {
      if (at.size() <= 1) return true;
      at.pop_back();
      continue;
    }
    at.push_back(part);
    const auto node = nodes_.find(joined(at, "/"));
    if (node == nodes_.end() || node->second.kind != Kind::link) continue;
    if (++links > kMostLinks) return false;
    at.pop_back();
    push_reversed(rest, node->second.link);
  }
  return false;
}

}  // namespace envstore

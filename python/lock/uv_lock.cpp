#include "python/lock/uv_lock.h"

#include <algorithm>
#include <set>

#include "python/lock/marker_equivalence.h"
#include "python/network/url.h"
#include "store/platform/error.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

using pypackaging::Marker;
using pypackaging::Requirement;

/// `https://x` and a path in the forms that both sides may have.
std::string address_of(const Requirement& requirement) {
  if (!requirement.url) return {};
  const std::string url = requirement.url->substr(0, requirement.url->find('#'));
  return local_path(url).value_or(url);
}

/// Without credentials, which uv does not write, and without the slashes at the end.
std::map<std::string, std::string> comparable(const std::map<std::string, std::string>& indexes) {
  std::map<std::string, std::string> result;
  for (const auto& [name, url] : indexes) {
    std::string text = without_credentials(local_path(url).value_or(url));
    while (text.ends_with('/')) text.pop_back();
    result.emplace(name, std::move(text));
  }
  return result;
}

/// uv may write other clauses with the same meaning (`~=3.9` as `>=3.9, <4`).
bool are_same_pythons(const pypackaging::SpecifierSet& a, const pypackaging::SpecifierSet& b) {
  constexpr unsigned kMinors = 30, kPatches = 30;
  if (a == b) return true;
  for (const unsigned major : {2U, 3U, 4U})
    for (unsigned minor = 0; minor <= kMinors; ++minor)
      for (unsigned patch = 0; patch <= kPatches; ++patch) {
        const auto version = pypackaging::Version::parse(std::to_string(major) + "." + std::to_string(minor) +
                                                         "." + std::to_string(patch));
        if (a.matches(*version) != b.matches(*version)) return false;
      }
  return true;
}

bool is_same(const Requirement& a, const Requirement& b, const LockInputs& inputs) {
  return a.normalized_name == b.normalized_name && a.extras == b.extras && a.specifier == b.specifier &&
         address_of(a) == address_of(b) && are_equivalent(a.marker, b.marker, inputs.requires_python);
}

/// The first requirement of either list that the other lacks.
std::optional<std::string> difference_of(const std::vector<Requirement>& locked,
                                         const std::vector<Requirement>& asked, const LockInputs& inputs,
                                         const std::string& what) {
  std::vector<const Requirement*> left;
  for (const Requirement& each : locked) left.push_back(&each);
  for (const Requirement& each : asked) {
    const auto found = std::find_if(left.begin(), left.end(),
                                    [&](const Requirement* other) { return is_same(*other, each, inputs); });
    if (found == left.end())
      return "the " + what + " '" + terminal_line(without_credentials(each.canonical())) + "' is not in it";
    left.erase(found);
  }
  if (left.empty()) return std::nullopt;
  return "it has the " + what + " '" + terminal_line(without_credentials(left.front()->canonical())) +
         "', which the script lacks";
}

bool is_same(const StaticMetadata& a, const StaticMetadata& b, const LockInputs& inputs) {
  const auto extras = [](const StaticMetadata& of) {
    const auto& all = of.dependencies.provides_extra;
    return std::set<std::string>(all.begin(), all.end());
  };
  const auto &left = a.dependencies, &right = b.dependencies;
  const bool have_same_pythons = left.requires_python && right.requires_python
                                     ? are_same_pythons(*left.requires_python, *right.requires_python)
                                     : !left.requires_python && !right.requires_python;
  return a.name == b.name && a.version == b.version && have_same_pythons && extras(a) == extras(b) &&
         !difference_of(left.requires_dist, right.requires_dist, inputs, "");
}

/// Whether two lists have the same entries, in any order.
bool are_same(const std::vector<StaticMetadata>& locked, const std::vector<StaticMetadata>& asked,
              const LockInputs& inputs) {
  return std::is_permutation(
      locked.begin(), locked.end(), asked.begin(), asked.end(),
      [&](const StaticMetadata& a, const StaticMetadata& b) { return is_same(a, b, inputs); });
}

/// The entries that are reached from the roots by edges whose markers are true.
class Walk {
 public:
  Walk(const UvLock& lock, const std::string& path, const LockTarget& target)
      : lock_(lock), path_(path), target_(target) {}

  Pylock run() {
    for (const UvEdge& root : lock_.roots) follow(root, 1);
    while (!open_.empty()) {
      const auto [package, edges] = open_.back();
      open_.pop_back();
      for (const UvEdge& edge : *edges) follow(edge, package->package.line);
    }
    Pylock result;
    result.requires_python = lock_.inputs.requires_python;
    for (const UvPackage& package : lock_.packages)
      if (taken_.contains(&package)) result.packages.push_back(package.package);
    return result;
  }

 private:
  [[noreturn]] void fail(std::size_t line, const std::string& reason) const {
    throw Error(ErrorKind::invalid_input,
                "cannot install what '" + path_ + "' locks: line " + std::to_string(line) + ": " + reason);
  }

  bool is_true(const Marker& marker, std::size_t line) const {
    const auto value =
        marker.evaluate({target_.interpreter.markers, {}, {}, pypackaging::MarkerContext::requirement});
    if (!value) fail(line, "a marker: " + value.error().message);
    return *value;
  }

  void follow(const UvEdge& edge, std::size_t line) {
    if (!is_true(edge.marker, line)) return;
    const UvPackage& package = entry_of(edge, line);
    if (taken_.insert(&package).second) open_.emplace_back(&package, &package.dependencies);
    for (const std::string& extra : edge.extras) {
      const auto found = package.optional.find(extra);
      if (found != package.optional.end() && extras_.insert({&package, extra}).second)
        open_.emplace_back(&package, &found->second);
    }
  }

  /// An edge names version and source where several entries have the name; a root does not: the forks decide.
  const UvPackage& entry_of(const UvEdge& edge, std::size_t line) const {
    std::vector<const UvPackage*> fitting;
    for (const UvPackage& each : lock_.packages)
      if (each.package.name == edge.name &&
          (edge.version.empty() ||
           (each.package.version && each.package.version->canonical() == edge.version)) &&
          (edge.source.empty() || each.source == edge.source))
        fitting.push_back(&each);
    if (fitting.size() > 1)
      std::erase_if(fitting, [&](const UvPackage* each) {
        const auto& markers = each->resolution_markers;
        return !markers.empty() && std::none_of(markers.begin(), markers.end(), [&](const Marker& marker) {
          return is_true(marker, each->package.line);
        });
      });
    if (fitting.empty()) fail(line, "'" + edge.name + "' has no entry for this environment");
    if (fitting.size() > 1)
      fail(fitting[1]->package.line, "'" + edge.name + "' has another entry for this environment in line " +
                                         std::to_string(fitting[0]->package.line));
    return *fitting.front();
  }

  const UvLock& lock_;
  const std::string& path_;
  const LockTarget& target_;
  std::set<const UvPackage*> taken_;
  std::set<std::pair<const UvPackage*, std::string>> extras_;
  std::vector<std::pair<const UvPackage*, const std::vector<UvEdge>*>> open_;
};

}  // namespace

std::optional<std::string> difference(const UvLock& lock, const LockInputs& inputs) {
  const LockInputs& locked = lock.inputs;
  if (inputs.requires_python &&
      !(locked.requires_python && are_same_pythons(*locked.requires_python, *inputs.requires_python)))
    return "it is for Python " +
           terminal_line(locked.requires_python ? locked.requires_python->canonical() : "of any version") +
           ", and the script's requires-python is " + terminal_line(inputs.requires_python->canonical());
  if (auto found = difference_of(locked.requirements, inputs.requirements, locked, "requirement"))
    return found;
  if (auto found = difference_of(locked.constraints, inputs.constraints, locked, "constraint")) return found;
  if (auto found = difference_of(locked.overrides, inputs.overrides, locked, "override")) return found;
  if (comparable(locked.indexes) != comparable(inputs.indexes)) return "tool.uv.sources names other indexes";
  if (locked.excludes != inputs.excludes) return "the excluded packages are others";
  if (!are_same(locked.static_metadata, inputs.static_metadata, locked))
    return "tool.uv.dependency-metadata says something else";
  return std::nullopt;
}

Lock lock_of(const UvLock& lock, const std::string& path, const LockTarget& target) {
  return lock_of(Walk(lock, path, target).run(), path, target);
}

}  // namespace envstore

#include "python/lock/lock_selection.h"

#include <algorithm>
#include <map>

#include "pypackaging/filename.h"
#include "pypackaging/name.h"
#include "store/platform/error.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

using pypackaging::Marker;
using pypackaging::MarkerContext;
using pypackaging::SdistFilename;
using pypackaging::WheelFilename;

class Selection {
 public:
  Selection(const Pylock& pylock, const std::string& path, const LockTarget& target)
      : pylock_(pylock), path_(path), target_(target) {
    const LockChoice& choice = target.choice;
    if (!choice.without_default_groups)
      groups_.insert(pylock.default_groups.begin(), pylock.default_groups.end());
    take(pylock.dependency_groups, choice.groups, choice.all_groups, groups_);
    take(pylock.extras, choice.extras, choice.all_extras, extras_);
    for (const std::string& group : choice.without_groups) groups_.erase(pypackaging::normalize_name(group));
  }

  Lock run() {
    check_environment();
    Lock lock{target_.interpreter.identity(), {}, {}};
    for (const PylockPackage& package : pylock_.packages)
      if (applies(package)) lock.packages.push_back(locked(package));
    std::sort(lock.packages.begin(), lock.packages.end(),
              [](const LockedPackage& a, const LockedPackage& b) { return a.name < b.name; });
    return lock;
  }

 private:
  using Names = std::set<std::string, std::less<>>;

  static void take(const std::vector<std::string>& offered, const std::set<std::string>& wanted, bool all,
                   Names& taken) {
    Names names;
    for (const std::string& each : wanted) names.insert(pypackaging::normalize_name(each));
    for (const std::string& each : offered)
      if (all || names.contains(each)) taken.insert(each);
  }

  [[noreturn]] void fail(const PylockPackage& package, ErrorKind kind, const std::string& reason,
                         const std::string& hint = {}) const {
    throw Error(kind,
                "cannot install what '" + path_ + "' locks: line " + std::to_string(package.line) + ": " +
                    title(package) + ": " + reason,
                hint);
  }

  static std::string title(const PylockPackage& package) {
    return package.name + (package.version ? " " + package.version->canonical() : "");
  }

  bool is_true(const Marker& marker, auto&& on_error) const {
    const auto value =
        marker.evaluate({target_.interpreter.markers, extras_, groups_, MarkerContext::lock_file});
    if (!value) on_error(value.error().message);
    return value && *value;
  }

  void check_environment() const {
    const std::string what = "cannot install what '" + path_ + "' locks: ";
    if (pylock_.requires_python && !pylock_.requires_python->matches(target_.python))
      throw Error(ErrorKind::unresolvable, what + "it is for Python " +
                                               terminal_line(pylock_.requires_python->canonical()) +
                                               ", and this is " + target_.python.canonical());
    const auto fail_in = [&](const std::string& reason) {
      throw Error(ErrorKind::invalid_input, what + "its environments: " + reason);
    };
    const auto& environments = pylock_.environments;
    if (environments.empty() || std::any_of(environments.begin(), environments.end(),
                                            [&](const Marker& each) { return is_true(each, fail_in); }))
      return;
    std::string text;
    for (const Marker& each : environments) text += (text.empty() ? "" : "; or ") + each.canonical();
    throw Error(ErrorKind::unresolvable,
                what + "it is for other environments than this one: " + terminal_line(text),
                "make the lock again on this machine");
  }

  bool applies(const PylockPackage& package) {
    const auto fail_in = [&](const std::string& reason) {
      fail(package, ErrorKind::invalid_input, "its marker: " + reason);
    };
    if (!is_true(package.marker, fail_in)) return false;
    if (package.requires_python && !package.requires_python->matches(target_.python))
      fail(package, ErrorKind::unresolvable,
           "it needs Python " + terminal_line(package.requires_python->canonical()) + ", and this is " +
               target_.python.canonical());
    const auto [first, is_first] = first_lines_.emplace(package.name, package.line);
    if (!is_first)
      fail(package, ErrorKind::invalid_input,
           "the entry in line " + std::to_string(first->second) +
               " is for this environment, too, and only one may be");
    return true;
  }

  LockedPackage locked(const PylockPackage& package) const {
    const IndexFile& file = file_of(package);
    // The reader has checked the names of `wheels`; those of an archive and an sdist are their own.
    const auto version = version_of(file, package.name);
    if (!version || (package.version && *version != *package.version))
      fail(package, ErrorKind::invalid_input, "'" + terminal_line(file.filename) + "' is of another package");
    return {package.name, *version, {}, file, package.dependencies};
  }

  /// nullopt: the file is not of the package.
  static std::optional<pypackaging::Version> version_of(const IndexFile& file, const std::string& name) {
    if (!file.filename.ends_with(".whl")) {
      auto sdist = SdistFilename::parse(file.filename, name);
      return sdist && sdist->name == name ? std::optional(std::move(sdist->version)) : std::nullopt;
    }
    auto wheel = WheelFilename::parse(file.filename);
    return wheel && wheel->name == name ? std::optional(std::move(wheel->version)) : std::nullopt;
  }

  /// The one place that decides what an entry is installed from.
  const IndexFile& file_of(const PylockPackage& package) const {
    if (!package.source_tree.empty()) refuse_to_build(package, package.source_tree);
    if (package.archive) {
      if (!package.archive->filename.ends_with(".whl")) refuse_to_build(package, "archive");
      if (!rank(*package.archive)) fail(package, ErrorKind::unresolvable, "its wheel does not fit here");
      return *package.archive;
    }
    const AllowedFiles allowed = target_.build.allowed(package.name);
    const bool may_be_wheel = allowed == AllowedFiles::any || allowed == AllowedFiles::wheels;
    const IndexFile* const wheel = best_wheel(package);
    if (may_be_wheel && wheel != nullptr) return *wheel;
    const bool may_be_sdist = allowed == AllowedFiles::any || allowed == AllowedFiles::sdists;
    if (may_be_sdist && package.sdist) return *package.sdist;
    if (wheel != nullptr || package.sdist)
      fail(
          package, ErrorKind::unresolvable,
          wheel == nullptr ? "it has only an sdist here, and may not be built" : "its wheels may not be used",
          "--no-build, --no-binary or a similar setting forbids it");
    fail(package, ErrorKind::unresolvable,
         package.wheels.empty() ? "it has no file" : "none of its wheels fits this interpreter and platform");
  }

  [[noreturn]] void refuse_to_build(const PylockPackage& package, const std::string& kind) const {
    fail(package, ErrorKind::unsupported, "its " + kind + " would have to be built",
         "envstore installs locks from wheels and sdists");
  }

  std::optional<std::pair<std::size_t, std::pair<std::uint64_t, std::string>>> rank(
      const IndexFile& file) const {
    const auto wheel = WheelFilename::parse(file.filename);
    const auto tag = wheel ? target_.tags.rank(wheel->tags) : std::nullopt;
    if (!tag) return std::nullopt;
    return std::pair{*tag, wheel->build.value_or(std::pair{std::uint64_t{0}, std::string()})};
  }

  /// By tag, then by build number, highest first.
  const IndexFile* best_wheel(const PylockPackage& package) const {
    const IndexFile* best = nullptr;
    decltype(rank(*best)) best_rank;
    for (const IndexFile& wheel : package.wheels) {
      const auto each = rank(wheel);
      if (!each) continue;
      const bool is_better = !best_rank || each->first < best_rank->first ||
                             (each->first == best_rank->first && each->second > best_rank->second);
      if (!is_better) continue;
      best = &wheel;
      best_rank = each;
    }
    return best;
  }

  const Pylock& pylock_;
  const std::string& path_;
  const LockTarget& target_;
  Names extras_, groups_;
  std::map<std::string, std::size_t> first_lines_;
};

}  // namespace

Lock lock_of(const Pylock& pylock, const std::string& path, const LockTarget& target) {
  return Selection(pylock, path, target).run();
}

RequiredHashes hashes_of(const Lock& lock, const std::string& path) {
  RequiredHashes required;
  required.for_all = true;
  for (const LockedPackage& package : lock.packages) {
    FileDigests& allowed = required.allowed[package.name];
    for (const FileDigest& hash : package.file.hashes)
      if (is_strong_algorithm(hash.algorithm)) allowed.add(hash);
    if (allowed.empty())
      throw Error(ErrorKind::invalid_input,
                  "cannot install what '" + path + "' locks: '" + terminal_line(package.file.filename) +
                      "' has no hash that proves anything",
                  "it must have one of " + strong_algorithms());
  }
  return required;
}

}  // namespace envstore

#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gc/census/scan.h"
#include "gc/verify/verification.h"

namespace envstore {

/// One entry that should exist below a directory. Views and pointers refer to manifests and plans.
struct Expected {
  enum class Kind : std::uint8_t {
    directory,  ///< listed only if no path below it implies it
    blob,       ///< `entry`
    link,       ///< symbolic, to `text`
    document,   ///< a file of envstore's own with the content `text`
    any_file    ///< a file that programs may rewrite
  };
  std::string path;
  Kind kind = Kind::blob;
  const TreeEntry* entry = nullptr;
  const TreeId* tree = nullptr;  ///< the tree that the entry is from
  std::string text = {};
};

/// A difference between what exists and what is expected. `expected` nullptr: nothing is expected, or a
/// directory that only paths below it imply (`is_directory_expected`).
struct Deviation {
  Damage damage;
  std::string path;  ///< relative to the store's root
  std::string detail;
  const Expected* expected = nullptr;
  bool is_directory_expected = false;
  int directory = -1;  ///< open: the directory that `name` is in
  std::string name;
};

/// Compares what exists below a directory with what is expected. Symbolic links are not followed.
/// `on_deviation` may repair a deviation at once: if it returns true, it has made a missing directory, which
/// is then entered.
class Comparison {
 public:
  using OnDeviation = std::function<bool(const Deviation&)>;
  Comparison(Verification& verification, OnDeviation on_deviation)
      : verification_(verification), on_deviation_(std::move(on_deviation)) {}

  /// `expected`: sorted by path. `path`: the directory, for reports and opening.
  void run(const std::string& path, const std::vector<Expected>& expected);

 private:
  struct Child;
  static std::vector<Child> children_of(std::span<const Expected> expected, std::size_t prefix);
  void compare(const Fd& directory, const std::string& path, std::span<const Expected> expected,
               std::size_t prefix);
  void check(const Fd& directory, const std::string& path, const Child& child, const ScannedName& name,
             std::size_t prefix);
  void enter(const Fd& directory, const std::string& path, const Child& child, std::size_t prefix);
  void check_blob(const Fd& directory, const std::string& path, const Expected& expected,
                  const ScannedName& name);
  void check_own_inode(const Fd& directory, const std::string& path, const Expected& expected,
                       const ScannedName& name, const FileStamp& stamp, const KnownBlob* known);
  bool deviates(Damage damage, const Fd& directory, const std::string& path, const std::string& name,
                std::string detail, const Expected* expected, bool is_directory_expected = false);

  Verification& verification_;
  OnDeviation on_deviation_;
};

std::vector<Expected> expected_of_tree(const TreeId& id, const TreeManifest& manifest);
/// `trees`, `plan` and the record must outlive the result.
std::vector<Expected> expected_of_layout(const LayoutPlan& plan, const std::vector<LayoutTree>& trees);

}  // namespace envstore

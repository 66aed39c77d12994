#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "python/interpreter/interpreter.h"
#include "python/settings/build_settings.h"
#include "store/index/store.h"

namespace envstore {

/// A wheel that was built from a source distribution, in the store as a tree.
struct BuiltWheelRecord {
  WheelHash wheel;                ///< of the built file, which is not kept
  std::string filename;           ///< its name
  std::vector<std::string> pins;  ///< what the build environment held, `name==version`
  bool operator==(const BuiltWheelRecord&) const = default;
};
std::string encode(const BuiltWheelRecord& record);
BuiltWheelRecord decode_built_wheel(std::string_view bytes);  ///< throws Error{damaged}

/// What the result of a build depends on, as far as it is known: the source, the interpreter, the settings,
/// and without isolation the environment.
struct BuildKey {
  std::string source;  ///< SHA-256 of the source distribution, hexadecimal
  Fingerprint build;   ///< of all of it
};
/// `shared`: what the environment of a build without isolation holds; nullptr: the build is isolated.
BuildKey build_key(const std::string& source_sha256, const std::string& normalized_name,
                   const Interpreter& interpreter, const BuildSettings& settings,
                   const std::vector<std::string>* shared = nullptr);

/// What the environments that built trees held, `name==version`: of all builds that the store has a record
/// of.
std::map<TreeId, std::vector<std::string>> pins_of_builds(const StoreReader& store);

/// The results of builds, as documents of the store's index (docs/FORMAT.md). A row is as good as the tree
/// that it leads to: once a collection has removed that, the wheel is built again. Thread-safe.
class BuildCache {
 public:
  explicit BuildCache(StoreWriter& store) : store_(store) {}

  std::optional<TreeId> tree(const BuildKey& key);
  void keep_wheel(const BuildKey& key, const BuiltWheelRecord& record);
  /// METADATA without its description, from an earlier build or from static fields.
  std::optional<std::string> metadata(const BuildKey& key);
  void keep_metadata(const BuildKey& key, const std::string& text);
  /// For static fields (PEP 643), which no interpreter and no setting changes.
  void keep_static_metadata(const BuildKey& key, const std::string& text);

 private:
  std::optional<std::string> load(const std::string& key);
  void keep(const std::string& key, const std::string& body);

  StoreWriter& store_;
};

}  // namespace envstore

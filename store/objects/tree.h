#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/index/store.h"
#include "store/leases/lease.h"

namespace envstore {

enum class Executable : std::uint8_t { no = 0, yes = 1 };  // do not change the values: manifests contain them

/// One file of a tree. `path` begins with site/, bin/, data/ or include/.
struct TreeEntry {
  std::string path;
  Executable executable = Executable::no;
  BlobId blob;
  std::uint64_t size = 0;
  auto operator<=>(const TreeEntry&) const = default;
};

/// The canonical list of a tree's files, sorted by path bytes. The tree's id is the SHA-256 of `encode()`.
class TreeManifest {
 public:
  /// Sorts. Throws Error{invalid_input} for a repeated path, a path that is also a directory, or an unsafe
  /// path (is_safe_path).
  explicit TreeManifest(std::vector<TreeEntry> entries);
  static TreeManifest decode(std::string_view bytes);  ///< throws Error{damaged}
  /// trees/<id>/manifest, checked against the id. Throws Error{damaged}.
  static TreeManifest load(const StoreReader& store, const TreeId& id);
  std::string encode() const;
  std::string compressed() const;  ///< zstd of encode(): what trees/<id>/manifest holds
  TreeId id() const;
  const std::vector<TreeEntry>& entries() const { return entries_; }

 private:
  std::vector<TreeEntry> entries_;
};

/// Relative, no empty, `.` or `..` component, no NUL or backslash, no component named as the links to slots
/// are, each component at most 255 bytes, the whole at most 4,000.
bool is_safe_path(std::string_view path);

/// Writes a distribution's files into the store as a tree. Files go to tmp/<lease>/..., each written once,
/// hashed, and linked with objects/; `commit` writes the manifest and tree.json, makes the slots,
/// renames the tree into place and writes the rows (volatile). Nothing is visible before; destruction without
/// commit removes everything unfinished. An existing object without a row (left by a crash, or made by an
/// ingest that is still running) is used only if its bytes are the ones to be written, else it is replaced.
/// An object has the mode of the first file that had its bytes (0444 or 0555); a file that needs the other
/// mode is a copy that exists in its tree only. Files and directories of a tree are read-only. Bytecode
/// slots: tree_slots.h.
class TreeBuilder {
 public:
  TreeBuilder(StoreWriter& store, Lease& lease);
  ~TreeBuilder();
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;

  /// Thread-safe. Hashes (SHA-256, XXH3), writes, links. Returns the blob's id, so that the caller can check
  /// RECORD.
  BlobId add(std::string path, Executable executable, std::span<const std::byte> content);
  /// Not thread-safe; after all `add`s. It is not an error if another process made the same tree in the
  /// meantime.
  TreeId commit(const TreeInfo& info);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace envstore

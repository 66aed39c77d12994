#pragma once
#include <cstddef>
#include <cstdint>

// What the program and the module that holds libarchive (envstore-archive.so) call of each other. Each has a
// C++ runtime of its own, and an exception that passes frames of both ends the process: nothing here throws.
// Only views cross the boundary, so that the types mean the same in both.

namespace envstore {

/// A stretch of bytes that the engine owns; valid until its next call.
struct TarView {
  const char* data = nullptr;
  std::size_t size = 0;
};

enum class TarKind : int { file, directory, symbolic_link, hard_link, special };

struct TarMember {
  TarView name;
  TarView link;  ///< the target of a link
  TarKind kind = TarKind::special;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< permission bits
  std::int64_t mtime = 0;  ///< seconds
};

struct TarBlock {
  TarView bytes;
  std::uint64_t offset = 0;  ///< in the file; gaps between blocks are zeros
};

enum class TarStep : int { done, end, failed };

/// Reads one tar archive, from its start to its end.
class TarEngine {
 public:
  virtual ~TarEngine() = default;
  /// The next member; what was not read of the one before is skipped.
  virtual TarStep next(TarMember& member) noexcept = 0;
  /// The next block of the member's content.
  virtual TarStep read(TarBlock& block) noexcept = 0;
  /// Why the last call failed.
  virtual const char* reason() const noexcept = 0;
};

/// The only exported function of the module. Change the number whenever this file changes, so that a module
/// of another build is not called.
inline constexpr const char* kTarEngineEntry = "envstore_open_tar_1";
/// Opens an archive in memory, compressed by gzip, bzip2 or xz, or not at all, as its first bytes show. The
/// bytes stay the caller's and must outlive the engine. Null: out of memory.
using OpenTar = TarEngine* (*)(const std::byte* archive, std::size_t size) noexcept;

}  // namespace envstore

#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace envstore {

/// What gc must know about the files in slots, which are derived from sources of the same directory.
/// Implemented where they are made (python/bytecode/pyc.h); the program passes it on. Stateless.
class DerivedFiles {
 public:
  virtual ~DerivedFiles() = default;

  /// The name, without its suffix, of the source from which a file of this name is derived. nullopt: no
  /// derived file has such a name.
  virtual std::optional<std::string> source_of(std::string_view name) const = 0;

  /// True for a file that is being written, or was left by a writer that was killed. No program reads it.
  virtual bool is_unfinished(std::string_view name) const = 0;

  /// What a derived file records about its origin.
  struct Origin {
    enum class Kind {
      hashed,   ///< as envstore makes them: the hash of the source is in it, and is not checked at use
      stamped,  ///< made by another program, which checks time and size of the source at each use
      other
    } kind = Kind::other;
    std::uint32_t maker = 0;                          ///< the format's version: decides how is_hash computes
    std::uint64_t source_hash = 0;                    ///< of a hashed one
    std::uint32_t source_mtime = 0, source_size = 0;  ///< of a stamped one: seconds and bytes, modulo 2^32
  };
  /// nullopt: the bytes are no derived file.
  virtual std::optional<Origin> origin_of(std::span<const std::byte> bytes) const = 0;

  /// Whether `hash` is what this maker computes for these bytes.
  virtual bool is_hash(std::uint64_t hash, std::uint32_t maker, std::span<const std::byte> bytes) const = 0;
};

}  // namespace envstore

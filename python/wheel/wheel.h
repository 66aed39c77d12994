#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/index/store.h"
#include "store/leases/lease.h"
#include "store/objects/tree.h"
#include "store/platform/files.h"
#include "store/platform/memory.h"

namespace envstore {

/// One member of a ZIP archive after all checks of DESIGN section 7.
struct ZipMember {
  std::string name;  ///< safe: is_safe_member_name; directories are left out
  bool executable = false;
  bool deflated = false;
  std::uint32_t crc32 = 0;
  std::uint64_t compressed_size = 0, size = 0, data_offset = 0;
};

/// A ZIP archive in memory (mapping or buffer, not owned). Identical members with the same name count as one.
/// The input is hostile. Refused: unsafe names; members with the same name and different content, or in a
/// dist-info directory names that differ only by letter case; symbolic links and special files; encryption;
/// methods other than store and deflate; overlapping members; bytes before, between or after members that the
/// directory does not account for; local headers that contradict the central directory; impossible sizes
/// (ratio over 1032:1, or over the limit). Zip64 is supported. Throws Error{invalid_input} that names archive
/// and member.
class ZipArchive {
 public:
  ZipArchive(std::span<const std::byte> bytes, std::string name_for_errors);
  const std::vector<ZipMember>& members() const { return members_; }
  /// Names of members that occur more than once.
  const std::vector<std::string>& repeated() const { return repeated_; }
  const ZipMember* find(std::string_view name) const;
  bool has_same_content(const ZipMember& a, const ZipMember& b) const;
  /// Inflates (libdeflate), checks size and CRC.
  std::string read(const ZipMember& member) const;
  void read_into(const ZipMember& member, std::span<std::byte> out) const;

 private:
  void merge_repeated();

  std::span<const std::byte> bytes_;
  std::string name_;
  std::vector<ZipMember> members_;
  std::vector<std::string> repeated_;
};

/// The members found in the tail of an archive (range reads), without its beginning. `tail_offset` is the
/// offset of `tail` in the file. nullopt: the tail is too short and must begin at `needs_from`.
struct TailDirectory {
  std::vector<ZipMember> members;  ///< here data_offset is that of the local header
};
std::optional<TailDirectory> read_zip_tail(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                           std::uint64_t file_size, std::uint64_t& needs_from,
                                           const std::string& name_for_errors);

/// How many bytes to read from the local header (`data_offset` of a TailDirectory's member) to get the whole
/// member, unless its extra field is unusually long.
std::uint64_t zip_member_reach(const ZipMember& member);
/// Unpacks a TailDirectory's member from bytes that begin with its local header and may be longer, with all
/// checks of ZipArchive. nullopt: too short; `needs_size` is the number of bytes needed.
std::optional<std::string> read_zip_member(std::span<const std::byte> from_header, const ZipMember& member,
                                           std::uint64_t& needs_size, const std::string& name_for_errors);

/// Runs jobs on a fixed set of threads, largest weight first. Keeps the buffers that jobs unpack into for
/// reuse, because the first touch of a page is expensive.
class WorkPool {
 public:
  explicit WorkPool(unsigned threads);
  ~WorkPool();  ///< waits until all jobs have run
  /// The job must not throw.
  void submit(std::uint64_t weight, std::function<void()> job);
  unsigned threads() const;
  /// At least `size` bytes, uninitialised. Thread-safe, as is `give_back`.
  Memory take_buffer(std::size_t size);
  void give_back(Memory buffer);
  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

struct WheelOrigin {
  std::string filename = {};
  std::string url = {};  ///< without credentials; empty: local
  std::optional<std::string> expected_sha256 = {};
  bool has_checked_hash = false;      ///< the caller has checked that the bytes match expected_sha256
  std::string expected_name = {};     ///< normalised
  std::string expected_version = {};  ///< canonical
  /// METADATA from the package index: the METADATA in the wheel must have the same requirements.
  std::optional<std::string> expected_metadata = {};
  /// Called with warnings that do not stop the ingest (a newer minor version of the wheel format).
  std::function<void(const std::string&)> on_warning = {};
};

/// Unpacks a wheel (packaging.python.org "Binary distribution format") into the store as a tree. Holds the
/// lock locks/wheel-<sha256>, so that only one of several processes does the work; a wheel that has a row is
/// not read again. Checks: file hash; those of ZipArchive; the version in WHEEL; the dist-info name and the
/// name and version in METADATA against the file name; every member against RECORD; that the metadata is
/// readable. Warns of members that land at one path with the same bytes (one file results) and of lines of
/// RECORD that match no file. Adds INSTALLER, rewrites RECORD for files that `.data` moves, makes relocatable
/// scripts of entry points (console and gui) and of `#!python` scripts in bin/. Records why the tree must be
/// laid out as a forest: RPATH/RUNPATH that leaves the wheel, `.data/data` beyond share, etc, include.
/// Members are inflated, hashed and written in `pool`; the calling thread helps. Throws Error{invalid_input}
/// that names the member and leaves nothing behind.
TreeId ingest_wheel(Store& store, Lease& lease, WorkPool& pool, const std::string& wheel_path,
                    const WheelOrigin& origin);
/// The same for the bytes of a wheel, which nothing may modify during the call.
TreeId ingest_wheel(Store& store, Lease& lease, WorkPool& pool, std::span<const std::byte> wheel,
                    const WheelOrigin& origin);

/// The relocatable script of an entry point: `#!/bin/sh`, then `'''exec' "${0%/*}/python" "$0" "$@"`.
std::string entry_point_script(std::string_view module, std::string_view attribute);

/// Why the ELF file must not be reached through a directory link: an RPATH/RUNPATH entry with $ORIGIN whose
/// `..` leads to a directory that this distribution does not have. nullopt: no such entry, not ELF, or
/// damaged. `path` is the file's path in the wheel's site; `has_directory` tells whether that site has a
/// directory.
std::optional<std::string> escaping_runpath(std::span<const std::byte> elf, std::string_view path,
                                            const std::function<bool(std::string_view)>& has_directory);

}  // namespace envstore

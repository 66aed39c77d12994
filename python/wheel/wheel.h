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
  std::string name;  ///< safe: is_safe_path; directories are left out
  bool executable = false;
  bool deflated = false;
  std::uint32_t crc32 = 0;
  std::uint64_t compressed_size = 0, size = 0, data_offset = 0;
};

/// A ZIP archive in memory (mapping or buffer, not owned). A member that occurs twice with the same bytes is
/// one member. Hostile input: refuses unsafe names, two different members of one name (also by letter case of
/// the dist-info directory), symlinks and special files, encryption, other methods
/// than store and deflate, overlapping members, data before, between or behind that the directory does not
/// explain, local headers that contradict the central directory, sizes that cannot be (over 1032:1, over the
/// limit). Zip64 is understood. Throws Error{invalid_input} that names archive and member.
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

/// Finds members in the tail of an archive whose beginning is not there (range reads). `tail_offset` is the
/// offset of `tail` in the file. nullopt: the tail is too short; `needs_from` says from which offset on it
/// must reach.
struct TailDirectory {
  std::vector<ZipMember> members;  ///< data_offset is that of the local header here
};
std::optional<TailDirectory> read_zip_tail(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                           std::uint64_t file_size, std::uint64_t& needs_from,
                                           const std::string& name_for_errors);

/// How many bytes from the local header on (`data_offset` of a TailDirectory's member) surely hold a whole
/// member with an ordinary header.
std::uint64_t zip_member_reach(const ZipMember& member);
/// Unpacks a TailDirectory's member from bytes that begin with its local header (longer is fine), all checks
/// as ZipArchive. nullopt: too short; `needs_size` says how many bytes it takes.
std::optional<std::string> read_zip_member(std::span<const std::byte> from_header, const ZipMember& member,
                                           std::uint64_t& needs_size, const std::string& name_for_errors);

/// Runs jobs on a fixed set of threads; the biggest first. Also keeps the buffers that jobs unpack into: the
/// first touch of a page is dear, so they are reused.
class WorkPool {
 public:
  explicit WorkPool(unsigned threads);
  ~WorkPool();  ///< after all jobs have run
  /// The job must not throw.
  void submit(std::uint64_t weight, std::function<void()> job);
  unsigned threads() const;
  /// At least `size` bytes with any content. Thread-safe, as is `give_back`.
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
  bool has_checked_hash = false;      ///< the bytes are known to have expected_sha256
  std::string expected_name = {};     ///< normalised
  std::string expected_version = {};  ///< canonical
  /// METADATA as an index told it: the wheel's own must ask for the same.
  std::optional<std::string> expected_metadata = {};
  /// What the user should know though it stops nothing (a newer minor version of the wheel format).
  std::function<void(const std::string&)> on_warning = {};
};

/// Unpacks a wheel (packaging.python.org "Binary distribution format") into the store as a tree. Under the
/// lock locks/wheel-<sha256>, so that of many processes one does the work; a wheel with a row is not read
/// again. Checks: file hash, ZipArchive's, WHEEL's version, name of dist-info and name and version of
/// METADATA against the file name, every member against RECORD, metadata that can be read. Two members that
/// land at one path with the same bytes are one file; this and lines of RECORD that match nothing are
/// warnings. Adds INSTALLER, rewrites RECORD for files that `.data` moves, makes relocatable scripts of entry
/// points (console and gui) and of `#!python` scripts in bin/. Finds why a tree must be a forest:
/// RPATH/RUNPATH that leaves the wheel, `.data/data` beyond share, etc, include. Members are inflated, hashed
/// and written in `pool`; the calling thread helps. Throws Error{invalid_input} with the member's name,
/// leaving nothing behind.
TreeId ingest_wheel(Store& store, Lease& lease, WorkPool& pool, const std::string& wheel_path,
                    const WheelOrigin& origin);
/// The same for a wheel's bytes, which nobody else may be able to change.
TreeId ingest_wheel(Store& store, Lease& lease, WorkPool& pool, std::span<const std::byte> wheel,
                    const WheelOrigin& origin);

/// The relocatable script of an entry point: `#!/bin/sh`, then `'''exec' "${0%/*}/python" "$0" "$@"`.
std::string entry_point_script(std::string_view module, std::string_view attribute);

/// Why the ELF file cannot be reached through a directory link, or nullopt: an RPATH/RUNPATH entry with
/// $ORIGIN whose
/// `..` leads to a directory that this distribution does not have. `path` is the file's path in the wheel's
/// site; `has_directory` knows the directories of that site. Not ELF or damaged: nullopt.
std::optional<std::string> escaping_runpath(std::span<const std::byte> elf, std::string_view path,
                                            const std::function<bool(std::string_view)>& has_directory);

}  // namespace envstore

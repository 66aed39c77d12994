#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "python/wheel/buffer_pool.h"
#include "store/index/store.h"
#include "store/leases/lease.h"
#include "store/objects/tree.h"
#include "store/platform/files.h"
#include "store/platform/thread_pool.h"

namespace envstore {

/// What the ingests of a process share: the threads that unpack, the largest wheel first, and their buffers.
struct WheelWorkers {
  explicit WheelWorkers(unsigned most_threads) : threads(most_threads) {}
  ThreadPool threads;
  BufferPool buffers;
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
/// not read again. Checks: file hash; those of WheelArchive (wheel_archive.h); the version in WHEEL; the
/// dist-info name and the name and version in METADATA against the file name; every member against RECORD;
/// that the metadata is readable. Warns of members that land at one path with the same bytes (one file
/// results) and of lines of RECORD that match no file. Adds INSTALLER, rewrites RECORD for files that `.data`
/// moves, makes relocatable scripts of entry points (console and gui) and of `#!python` scripts in bin/.
/// Records why the tree must be laid out as a forest: RPATH/RUNPATH that leaves the wheel, `.data/data`
/// beyond share, etc, include. Members are inflated, hashed and written by `workers`; the calling thread
/// helps. Throws Error{invalid_input} that names the member and leaves no files.
TreeId ingest_wheel(StoreWriter& store, Lease& lease, WheelWorkers& workers, const std::string& wheel_path,
                    const WheelOrigin& origin);
/// The same for the bytes of a wheel, which nothing may modify during the call.
TreeId ingest_wheel(StoreWriter& store, Lease& lease, WheelWorkers& workers, std::span<const std::byte> wheel,
                    const WheelOrigin& origin);

/// The relocatable script of an entry point: `#!/bin/sh`, then `'''exec' "${0%/*}/python" "$0" "$@"`.
std::string entry_point_script(std::string_view module, std::string_view attribute);

/// Why the ELF file must not be reached through a directory link: an RPATH/RUNPATH entry with $ORIGIN whose
/// `..` leads to a directory that this distribution does not have. nullopt: no such entry, not ELF, or
/// damaged. `path` is the file's path in the wheel's site; `has_directory`: whether that site has a
/// directory.
std::optional<std::string> escaping_runpath(std::span<const std::byte> elf, std::string_view path,
                                            const std::function<bool(std::string_view)>& has_directory);

}  // namespace envstore

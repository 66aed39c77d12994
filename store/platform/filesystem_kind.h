#pragma once
#include <string>

namespace envstore {

/// The kind of filesystem under an open directory, e.g. "ext4", "nfs". Of a type without a name here, its
/// number: "0x12345".
std::string filesystem_kind(int directory);
struct FilesystemFacts {
  std::string kind;
  bool is_read_only = false;  ///< the mount is read-only
};
FilesystemFacts filesystem_facts(int directory);
/// True if `path` exists and is on a noexec mount.
bool is_on_noexec_mount(const std::string& path);
inline constexpr const char* kNoexecReason = "it is on a mount where nothing may be executed (noexec)";
/// Whether a store may be on this kind of filesystem: ext4, xfs, btrfs, tmpfs, overlayfs, zfs, bcachefs,
/// f2fs.
bool is_allowed_for_index(const std::string& kind);
/// /proc/sys/kernel/random/boot_id, 36 characters. Throws Error{unsupported} with kProcHint if it cannot be
/// read.
std::string boot_id();
inline constexpr const char* kProcHint =
    "mount proc on /proc; a part of it (subset=pid, ProcSubset=pid, or masked by a container) is not enough";

}  // namespace envstore

#pragma once
#include <string>

namespace envstore {

/// The kind of filesystem under an open directory, e.g. "ext4", "nfs", "0x12345" where it has no name here.
std::string filesystem_kind(int directory);
struct FilesystemFacts {
  std::string kind;
  bool is_read_only = false;  ///< the mount is
};
FilesystemFacts filesystem_facts(int directory);
/// `path` is there, on a mount where nothing may be executed.
bool is_on_noexec_mount(const std::string& path);
inline constexpr const char* kNoexecReason = "it is on a mount where nothing may be executed (noexec)";
/// DESIGN section 4's list: ext4, xfs, btrfs, tmpfs, overlayfs, zfs, bcachefs, f2fs.
bool is_allowed_for_index(const std::string& kind);
/// /proc/sys/kernel/random/boot_id, 36 characters. Where there is none, the error says what /proc lacks.
std::string boot_id();
inline constexpr const char* kProcHint =
    "mount proc on /proc; a part of it (subset=pid, ProcSubset=pid, or masked by a container) is not enough";

}  // namespace envstore

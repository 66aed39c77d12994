#include "store/platform/filesystem_kind.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

struct Kind {
  std::uint32_t magic;
  std::string_view name;
};

// Numbers of statfs(2) and the kernel's magic.h. ext2, ext3 and ext4 share one; virtiofs shows as FUSE.
constexpr std::array kKinds{
    Kind{0x0000EF53, "ext4"},     Kind{0x58465342, "xfs"},       Kind{0x9123683E, "btrfs"},
    Kind{0x01021994, "tmpfs"},    Kind{0x794C7630, "overlayfs"}, Kind{0x2FC12FC1, "zfs"},
    Kind{0xCA451A4E, "bcachefs"}, Kind{0xF2F52010, "f2fs"},      Kind{0x00006969, "nfs"},
    Kind{0x65735546, "fuse"},     Kind{0x01021997, "9p"},        Kind{0xFF534D42, "cifs"},
    Kind{0xFE534D42, "smb"},      Kind{0x0000517B, "smb"},       Kind{0x00C36400, "ceph"},
    Kind{0x0BD00BD0, "lustre"},   Kind{0x47504653, "gpfs"},      Kind{0x5346414F, "afs"},
    Kind{0x6B414653, "afs"},      Kind{0x19830326, "beegfs"},    Kind{0x858458F6, "ramfs"},
    Kind{0x00004D44, "vfat"},     Kind{0x2011BAB0, "exfat"},     Kind{0x5346544E, "ntfs"},
    Kind{0x7366746E, "ntfs"},     Kind{0x73717368, "squashfs"},  Kind{0x00009660, "iso9660"},
    Kind{0xE0F5E1E2, "erofs"},    Kind{0x0000F15F, "ecryptfs"},  Kind{0x52654973, "reiserfs"},
    Kind{0x3153464A, "jfs"},      Kind{0x01161970, "gfs2"},      Kind{0x7461636F, "ocfs2"},
    Kind{0x786F4256, "vboxsf"},   Kind{0xBACBACBC, "vmhgfs"},    Kind{0x2BAD1DEA, "inotifyfs"},
};

constexpr std::array<std::string_view, 8> kAllowed{"ext4",      "xfs", "btrfs",    "tmpfs",
                                                   "overlayfs", "zfs", "bcachefs", "f2fs"};

std::string name_of(std::uint32_t magic) {
  for (const Kind& kind : kKinds)
    if (kind.magic == magic) return std::string(kind.name);
  return format_text("{:#x}", magic);
}

}  // namespace

FilesystemFacts filesystem_facts(int directory) {
  struct statfs facts {};
  int result = 0;
  do {
    result = fstatfs(directory, &facts);
  } while (result != 0 && errno == EINTR);
  if (result != 0) captured_errno().fail("ask for the filesystem of", path_of(directory));
  return {.kind = name_of(static_cast<std::uint32_t>(facts.f_type)),
          .is_read_only = (static_cast<unsigned long>(facts.f_flags) & ST_RDONLY) != 0};
}

bool is_on_noexec_mount(const std::string& path) {
  struct statvfs facts {};
  return statvfs(path.c_str(), &facts) == 0 && (facts.f_flag & ST_NOEXEC) != 0;
}

std::string filesystem_kind(int directory) {
  return filesystem_facts(directory).kind;
}

bool is_allowed_for_index(const std::string& kind) {
  return std::find(kAllowed.begin(), kAllowed.end(), kind) != kAllowed.end();
}

std::string boot_id() {
  constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
  const auto read = try_read_file(AT_FDCWD, kPath, 64);
  if (!read)
    throw Error(ErrorKind::unsupported,
                format_text("cannot distinguish this boot from another: there is no '{}'", kPath), kProcHint);
  std::string text = *read;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') || letter == '-';
  });
  if (text.size() != 36 || !is_plain)
    throw Error(ErrorKind::unsupported, format_text("cannot read '{}': not a boot id", kPath), kProcHint);
  return text;
}

}  // namespace envstore

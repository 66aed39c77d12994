#include "store/objects/slot_install.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/lock.h"
#include "store/platform/path_names.h"
#include "store/platform/path_parts.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

void set_mode(int directory, mode_t mode) {
  if (fchmod(directory, mode) != 0) captured_errno().fail("set the mode of", path_of(directory));
}

/// A file that cannot be linked (another user's, or with too many links) is left out: it can be compiled
/// again.
void keep_file(int from, int to, const std::string& name) {
  try {
    link_at(from, name, to, name);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::no_space) throw;
  }
}

void keep_files(int owner, const std::string& slot, int target) {
  const auto stamp = stat_at(owner, slot, Links::do_not_follow);
  if (!stamp || !stamp->is_directory()) return;
  const Fd old = open_directory(owner, slot);
  for (const DirectoryEntry& entry : list_directory(old.get(), "."))
    if (entry.type == DT_REG && !entry.name.ends_with(store_paths::kPartSuffix))
      keep_file(old.get(), target, entry.name);
}

void empty_in_place(int owner, const std::string& slot) {
  const Fd directory = open_directory(owner, slot);
  set_mode(directory.get(), 0755);
  for (const DirectoryEntry& entry : list_directory(directory.get(), "."))
    remove_tree(directory.get(), entry.name);
  set_mode(directory.get(), 0555);
}

/// Replaces `slot` by `fresh`; afterwards the old slot, if it still exists, has the name `fresh`. Both are in
/// `owner`: a rename within one directory needs no write permission on the renamed directory.
void take_place(int owner, const std::string& fresh, const std::string& slot) {
  if (renameat2(owner, fresh.c_str(), owner, slot.c_str(), RENAME_EXCHANGE) == 0) return;
  const int error = errno;
  // There is no slot yet, or the filesystem cannot exchange, or cannot exchange an entry of a lower layer
  // (overlayfs).
  if (error != ENOENT && error != EINVAL && error != ENOSYS && error != EXDEV)
    throw_errno(error, "exchange", named(owner, slot));
  if (renameat(owner, fresh.c_str(), owner, slot.c_str()) == 0) return;  // there was no slot, or an empty one
  const int reason = errno;
  if (reason != ENOTEMPTY && reason != EEXIST && reason != ENOTDIR)
    throw_errno(reason, "replace", named(owner, slot));
  const std::string aside = std::string(store_paths::kNewSlotPrefix) + random_name();
  if (renameat(owner, slot.c_str(), owner, aside.c_str()) != 0) {
    if (errno != EXDEV) captured_errno().fail("rename", named(owner, slot));
    empty_in_place(owner, slot);
  }
  rename_at(owner, fresh, owner, slot);
  remove_tree(owner, aside);
}

}  // namespace

bool is_slot_in_the_making(std::string_view name) {
  return name.starts_with(store_paths::kNewSlotPrefix);
}

void SlotInstaller::remove_half_made(const std::string& owner) {
  if (!cleaned_.insert(owner).second) return;
  for (const DirectoryEntry& entry : list_directory(store_.root(), owner))
    if (is_slot_in_the_making(entry.name)) remove_tree(store_.root(), owner + "/" + entry.name);
}

void SlotInstaller::install(const std::string& slot, const std::string& staged) {
  const FileLock lock = FileLock::wait(store_.root(), store_paths::kSlotsLock, LockMode::exclusive);
  const std::string owner_path = parent_of(slot);
  with_folder(store_.root(), owner_path,
              [&] { return make_directory_if_missing(store_.root(), owner_path, 0755); });
  remove_half_made(owner_path);
  const Fd owner = open_directory(store_.root(), owner_path);
  const std::string fresh = std::string(store_paths::kNewSlotPrefix) + random_name();
  make_directory(owner.get(), fresh, 0755);
  try {
    const Fd target = open_directory(owner.get(), fresh);
    const Fd source = open_directory(store_.root(), staged);
    keep_files(owner.get(), name_of(slot), target.get());
    for (const DirectoryEntry& entry : list_directory(source.get(), "."))
      rename_at(source.get(), entry.name, target.get(), entry.name);
    set_mode(target.get(), 0555);
    take_place(owner.get(), fresh, name_of(slot));
  } catch (...) {
    remove_tree(owner.get(), fresh);
    throw;
  }
  remove_tree(owner.get(), fresh);
}

}  // namespace envstore

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

#include "gc/repair/repair_parts.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/path_names.h"
#include "store/platform/path_parts.h"
#include "store/platform/random.h"

namespace envstore {
namespace {

/// Makes a sealed directory (0555) writable during its lifetime.
class Unsealed {
 public:
  explicit Unsealed(int directory) : directory_(directory) {
    struct stat status {};
    if (fstat(directory, &status) != 0) captured_errno().fail("look at", path_of(directory));
    mode_ = status.st_mode & 07777;
    is_sealed_ = (mode_ & 0200) == 0;
    if (is_sealed_ && fchmod(directory, mode_ | 0700) != 0)
      captured_errno().fail("open for writing", path_of(directory));
  }
  ~Unsealed() {
    if (is_sealed_ && fchmod(directory_, mode_) != 0) return;  // the next verification finds it
  }
  Unsealed(const Unsealed&) = delete;
  Unsealed& operator=(const Unsealed&) = delete;

 private:
  int directory_;
  mode_t mode_ = 0;
  bool is_sealed_ = false;
};

/// Sets a mode that differs from the one in the inventories of scratches, so that a run with a link to this
/// file does not hand its scratch on for reuse.
void mark_as_bad(int root, const std::string& kept) {
  // Owned by another user: then no file of the store's owner links it.
  if (fchmodat(root, kept.c_str(), 0400, 0) != 0) return;
}

std::string quarantine_name(std::string_view unique, const std::string& name) {
  constexpr std::size_t kLongest = 150;
  return format_text("{}/{}-{}", store_paths::kQuarantine, unique, name_of(name).substr(0, kLongest));
}

}  // namespace

std::string Workbench::new_path() {
  return lease_.tmp_directory() + "/" + random_name();
}

void Workbench::quarantine(int directory, const std::string& name) {
  const auto stamp = stat_at(directory, name, Links::do_not_follow);
  if (!stamp) return;
  const Unsealed unsealed(directory);
  // A directory moves to another parent only while it is writable.
  if (stamp->is_directory() && fchmodat(directory, name.c_str(), 0700, 0) != 0)
    throw_errno(errno, "set the mode of", name);
  const std::string kept = quarantine_name(random_name(), name);
  make_directory_if_missing(store.root(), store_paths::kQuarantine, 0700);
  if (renameat(directory, name.c_str(), store.root(), kept.c_str()) == 0) return;
  const int error = errno;
  // A directory of a lower overlayfs layer cannot be moved (EXDEV). It is removed, and stays in that layer.
  if (error != EXDEV) throw_errno(error, "rename", named(directory, name));
  remove_tree(directory, name);
}

void Workbench::quarantine_path(const std::string& path) {
  const std::string parent = path.substr(0, path.rfind('/'));
  if (const auto directory = try_open_directory(store.root(), parent))
    quarantine(directory->get(), path.substr(parent.size() + 1));
}

/// A bad inode may have many names: it is kept once, under its inode number.
void Workbench::put(const std::string& made, int directory, const std::string& name, Keep keep) {
  const auto there = stat_at(directory, name, Links::do_not_follow);
  if (there && there->is_directory()) {
    quarantine(directory, name);
  } else if (there && keep == Keep::in_quarantine && there->is_regular() &&
             kept_.insert(there->inode).second) {
    const std::string kept = quarantine_name(std::to_string(there->inode), name);
    make_directory_if_missing(store.root(), store_paths::kQuarantine, 0700);
    // Linking may be refused for a file of another user: then the name itself is moved.
    if (linkat(directory, name.c_str(), store.root(), kept.c_str(), 0) != 0 && errno == EPERM)
      quarantine(directory, name);
    else
      mark_as_bad(store.root(), kept);
  }
  const Unsealed unsealed(directory);
  rename_at(store.root(), made, directory, name);
  unlink_if_there(store.root(), made);  // renaming a file over itself does nothing
}

void Workbench::put_at(const std::string& made, const std::string& path, Keep keep) {
  const std::string parent = path.substr(0, path.rfind('/'));
  const Fd directory = open_directory(store.root(), parent);
  put(made, directory.get(), path.substr(parent.size() + 1), keep);
}

void Workbench::make_sealed_directory(int directory, const std::string& name) {
  const Unsealed unsealed(directory);
  make_directory_if_missing(directory, name, 0555);
  if (fchmodat(directory, name.c_str(), 0555, 0) != 0) throw_errno(errno, "set the mode of", name);
}

}  // namespace envstore

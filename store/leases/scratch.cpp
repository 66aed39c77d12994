#include "store/leases/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <chrono>

#include "store/leases/scratch_inventory.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/path_parts.h"

namespace envstore {
namespace {

void make_parents(int scratch, const std::string& path) {
  if (const std::string parent = parent_of(path); !parent.empty()) make_directories(scratch, parent, 0755);
}

void copy(StoreWriter& store, int scratch, const std::string& path, const std::string& source) {
  const auto stamp = stat_at(store.root(), source, Links::do_not_follow);
  create_file(scratch, path, read_file(store.root(), source), stamp ? stamp->mode & 0555 : 0444);
}

void hard_link(StoreWriter& store, int scratch, const std::string& path, const std::string& source) {
  const LinkResult result = link_at(store.root(), source, scratch, path);
  if (result == LinkResult::linked) return;
  if (result == LinkResult::exists)
    throw Error(ErrorKind::io,
                "cannot link '" + store.path() + "/" + source + "' into a scratch: '" + path + "' exists");
  copy(store, scratch, path, source);
}

using PutLinkedFile = void (*)(StoreWriter& store, int scratch, const std::string& path,
                               const std::string& source);

/// Builds a scratch at `path`, relative to `base`.
Fd build(StoreWriter& store, int base, const std::string& path, const ScratchRecipe& recipe,
         PutLinkedFile put_linked_file) {
  with_folder(base, path, [&] { make_directory(base, path, 0755); });
  Fd scratch = open_directory(base, path);
  for (const std::string& directory : recipe.directories) make_directories(scratch.get(), directory, 0755);
  for (const auto& [name, content] : recipe.files) {
    make_parents(scratch.get(), name);
    create_file(scratch.get(), name, content, 0644);
  }
  for (const auto& [name, content] : recipe.programs) {
    make_parents(scratch.get(), name);
    create_file(scratch.get(), name, content, 0755);
  }
  for (const auto& [name, target] : recipe.symlinks) {
    make_parents(scratch.get(), name);
    symlink_at(target, scratch.get(), name);
  }
  for (const auto& [name, source] : recipe.hard_links) {
    make_parents(scratch.get(), name);
    put_linked_file(store, scratch.get(), name, source);
  }
  return scratch;
}

/// Removes it because it blocks the name of the spare.
void remove_useless_spare(StoreWriter& store, const std::string& spare) {
  try {
    remove_tree(store.root(), spare);
  } catch (const Error&) {
    return;  // a run works without a spare
  }
}

bool is_whole(StoreWriter& store, const std::string& path) {
  const Fd scratch = open_directory(store.root(), path);
  return is_as_inventoried(scratch.get());
}

/// Programs that delete files by age remove single files of a spare, even of one in daily use: its timestamps
/// are set to the past, and reuse does not renew them. A spare that was handed back a moment ago has not met
/// such a program.
bool was_just_handed_back(StoreWriter& store, const FileStamp& spare) {
  constexpr std::int64_t kMoment = std::chrono::nanoseconds(std::chrono::minutes(10)).count();
  const std::int64_t age = store.clock().now().time_since_epoch().count() - spare.ctime_ns;
  return age >= 0 && age < kMoment;
}

/// The spare of an earlier boot can lack what a power cut took.
bool was_made_in_this_boot(StoreWriter& store, const FileStamp& spare) {
  return spare.mtime_ns == time_of_boot(store.index().boot());
}

/// False: there is no spare, or it may be incomplete.
bool claim_spare(StoreWriter& store, const std::string& spare, const std::string& path) {
  const auto stamp = stat_at(store.root(), spare, Links::do_not_follow);
  if (!stamp) return false;
  if (!stamp->is_directory()) {
    remove_useless_spare(store, spare);
    return false;
  }
  if (renameat(store.root(), spare.c_str(), store.root(), path.c_str()) == 0) {
    if (was_made_in_this_boot(store, *stamp) &&
        (was_just_handed_back(store, *stamp) || is_whole(store, path)))
      return true;
    remove_tree(store.root(), path);
    return false;
  }
  const int error = errno;
  if (error == EXDEV)
    remove_useless_spare(store, spare);
  else if (error != ENOENT)
    throw_errno(error, "rename", store.path() + "/" + spare);
  return false;
}

bool hand_back(StoreWriter& store, const std::string& path, const std::string& spare) {
  return is_whole(store, path) && rename_new(store.root(), path, store.root(), spare);
}

}  // namespace

Scratch Scratch::make(StoreWriter& store, const std::string& lease, const Fingerprint& plan,
                      const std::function<ScratchRecipe()>& recipe) {
  const std::string path = store_paths::scratch(lease);
  Scratch scratch;
  scratch.store_ = &store;
  scratch.lease_ = lease;
  scratch.path_ = store.path() + "/" + path;
  scratch.plan_ = plan;
  if (!claim_spare(store, store_paths::spare(plan.hex()), path)) {
    const ScratchRecipe parts = recipe();
    try {
      const Fd made = build(store, store.root(), path, parts, hard_link);
      take_inventory(made.get(), time_of_boot(store.index().boot()));
    } catch (...) {
      remove_tree(store.root(), path);
      throw;
    }
  }
  scratch.owned_ = true;
  return scratch;
}

Scratch Scratch::make_outside(StoreWriter& store, const std::string& directory, const ScratchRecipe& recipe) {
  Scratch scratch;
  scratch.store_ = &store;
  scratch.path_ = directory + "/scratch";
  build(store, AT_FDCWD, scratch.path_, recipe, copy);  // hard links cannot cross mounts
  return scratch;
}

Scratch::Scratch(Scratch&& other) noexcept
    : store_(other.store_),
      lease_(std::move(other.lease_)),
      path_(std::move(other.path_)),
      plan_(other.plan_),
      owned_(std::exchange(other.owned_, false)) {}

void Scratch::leave() {
  owned_ = false;
}

Scratch::~Scratch() {
  if (!owned_) return;
  const std::string path = store_paths::scratch(lease_);
  try {
    if (hand_back(*store_, path, store_paths::spare(plan_.hex()))) return;
  } catch (...) {
    // A scratch that cannot be compared is removed, as a modified one is.
  }
  try {
    remove_tree(store_->root(), path);
  } catch (...) {
    // The lease is dead from now on: remove_dead_leases tries again.
  }
}

}  // namespace envstore

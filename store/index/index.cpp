#include "store/index/index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

#include "store/index/index_rebuild.h"
#include "store/index/index_state.h"
#include "store/index/reserve.h"
#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/folders.h"
#include "store/platform/format.h"
#include "store/platform/path_names.h"
#include "store/platform/path_parts.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"

namespace envstore {

using index::Environment;
using index::Transaction;
using index::Turnstile;

namespace {

constexpr const char* kRebuildHint =
    "`envstore verify --rebuild-index` creates the index again from what is on disk";

bool has_trees(int root) {
  return !list_folder(root, store_paths::kTrees).empty();
}

}  // namespace

std::string index::volatile_directory_of_this_boot() {
  return std::string(store_paths::kVolatile) + "/" + boot_id();
}

Index::Impl::Impl(int root_directory, Access wanted)
    : root(root_directory),
      access(wanted),
      process(getpid()),
      turnstile(root_directory,
                wanted == Access::read_only ? Turnstile::Access::read_only : Turnstile::Access::read_write) {}

void Index::Impl::require_same_process() const {
  if (getpid() != process) throw std::logic_error("the index was opened before a fork, and is used after it");
}

std::string Index::Impl::volatile_directory() {
  if (volatile_directory_.empty()) volatile_directory_ = index::volatile_directory_of_this_boot();
  return volatile_directory_;
}

std::string Index::Impl::boot() {
  const std::lock_guard guard(mutex_);
  return name_of(volatile_directory());
}

/// Opening the environment read-only saves a warm run two megabytes and one open. But on overlayfs, a file
/// opened read-only would stay the lower layer's file when another process writes to it.
Environment::Mode Index::Impl::durable_mode() const {
  if (access == Access::read_only || filesystem_kind(root) != "overlayfs")
    return Environment::Mode::read_only;
  return Environment::Mode::synced;
}

bool Index::Impl::open_what_is_there() {
  const std::lock_guard guard(mutex_);
  if (durable_ && !durable_->is_still_there()) durable_.reset();
  if (volatile_ && !volatile_->is_still_there()) volatile_.reset();
  if (!durable_) durable_ = Environment::open(root, store_paths::kIndex, durable_mode());
  if (!volatile_) {
    const auto mode =
        access == Access::read_only ? Environment::Mode::read_only : Environment::Mode::unsynced;
    volatile_ = Environment::open(root, volatile_directory(), mode);
  }
  return durable_ && (volatile_ || access == Access::read_only);
}

/// Uses the reserve (reserve.h) if the disk is full.
void Index::Impl::make_what_is_missing() {
  try {
    make_missing_environments();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::no_space || !drop_reserve(root)) throw;
    make_missing_environments();
  }
}

void Index::Impl::make_missing_environments() {
  if (!stat_at(root, std::string(store_paths::kIndex) + "/" + store_paths::kEnvironmentData,
               Links::do_not_follow)) {
    if (access == Access::read_only || has_trees(root))
      throw Error(ErrorKind::damaged,
                  format_text("cannot open '{}': it is missing", named(root, store_paths::kIndex)),
                  kRebuildHint);
    index::make_environment(root, store_paths::kIndex, Environment::Mode::synced, {});
    keep_reserve(root);
  }
  make_directory_if_missing(root, store_paths::kVolatile, 0700);
  const std::string directory = volatile_directory();
  if (!stat_at(root, directory + "/" + store_paths::kEnvironmentData, Links::do_not_follow))
    index::make_environment(root, directory, Environment::Mode::unsynced, {});
}

Turnstile::Hold Index::Impl::lock(LockMode mode) {
  require_same_process();
  Turnstile::Hold hold = turnstile.acquire(mode);
  while (!open_what_is_there()) {
    hold.release();
    hold = turnstile.acquire(LockMode::exclusive);
    make_what_is_missing();
    if (mode == LockMode::exclusive) continue;
    hold.release();
    hold = turnstile.acquire(mode);
  }
  return hold;
}

std::shared_ptr<Environment> Index::Impl::durable(Environment::Mode mode) {
  const std::lock_guard guard(mutex_);
  if (mode == Environment::Mode::synced && durable_->mode() == Environment::Mode::read_only)
    durable_ = Environment::open(root, store_paths::kIndex, mode);
  return durable_;
}

std::shared_ptr<Environment> Index::Impl::volatile_side() {
  const std::lock_guard guard(mutex_);
  return volatile_;
}

Index::Index(int root, Access access) : impl_(std::make_unique<Impl>(root, access)) {}
Index::~Index() = default;

Index::Read Index::read() const {
  return Read(std::make_unique<Read::State>(*impl_, Read::State::Kind::read));
}

Index::Read Index::read_in_slices() const {
  return Read(std::make_unique<Read::State>(*impl_, Read::State::Kind::sliced_read));
}

Index::Write Index::write() {
  return Write(std::make_unique<Read::State>(*impl_, Read::State::Kind::write));
}

Index::Write Index::durable_write() {
  return Write(std::make_unique<Read::State>(*impl_, Read::State::Kind::durable_write));
}

Index::Read::Read(std::unique_ptr<State> state) : state_(std::move(state)) {}
Index::Read::Read(Read&&) noexcept = default;
Index::Read::~Read() = default;
Index::Write::Write(Write&&) noexcept = default;
Index::Write::~Write() = default;
void Index::Write::commit() {
  state_->commit();
}

std::string Index::boot() const {
  return impl_->boot();
}

std::vector<std::string> Index::other_boots() const {
  std::vector<std::string> boots;
  const std::string own = boot_id();
  for (DirectoryEntry& entry : list_folder(impl_->root, store_paths::kVolatile))
    if (entry.name != own) boots.push_back(std::move(entry.name));
  return boots;
}

void Index::remove_boot(const std::string& boot) {
  if (boot.empty() || boot == boot_id() || boot.find('/') != std::string::npos || boot.front() == '.')
    throw std::logic_error("only the volatile directory of another boot may be removed");
  remove_tree(impl_->root, std::string(store_paths::kVolatile) + "/" + boot);
}

}  // namespace envstore

#include "store/index/index_env.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <lmdb.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <bit>
#include <cerrno>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/format.h"
#include "store/platform/limits.h"
#include "store/platform/path_names.h"
#include "store/platform/store_paths.h"

namespace envstore::index {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr std::uint64_t kDurableMap = 64 * kGiB;
constexpr std::uint64_t kVolatileMap = 16 * kGiB;
constexpr std::uint64_t kSmallestMap = std::uint64_t{16} << 20;
constexpr const char* kRebuildHint =
    "`envstore verify --rebuild-index` creates the index again from what is on disk";

/// The map size. If the address space is limited, only a share of it: both environments, one of them opened
/// twice for a while, and also threads, libraries and files must fit.
std::uint64_t wanted_map(Environment::Mode mode) {
  const bool is_volatile = mode == Environment::Mode::unsynced;
  const std::uint64_t most = is_volatile ? kVolatileMap : kDurableMap;
  const auto limit = address_space_limit();
  if (!limit) return most;
  const std::uint64_t share = *limit / (is_volatile ? 16 : 8);
  return std::clamp(share / kSmallestMap * kSmallestMap, kSmallestMap, most);
}

std::uint64_t page_size() {
  return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// A path to the file that was opened and checked, even if another file has its name now.
std::string in_proc(int fd) {
  return format_text("/proc/self/fd/{}", fd);
}

/// LMDB reports a write that was cut short by a full disk or the file size limit as EIO. Returns the likely
/// cause.
int cause_of_short_write(int fd) {
  constexpr std::uint64_t kNear = std::uint64_t{1} << 20;
  struct statfs disk {};
  if (fstatfs(fd, &disk) == 0 && disk.f_bavail * static_cast<std::uint64_t>(disk.f_bsize) < kNear)
    return ENOSPC;
  struct rlimit limit {};
  struct stat file {};
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && fstat(fd, &file) == 0 &&
      static_cast<std::uint64_t>(file.st_size) + kNear > limit.rlim_cur)
    return EFBIG;
  return EIO;
}

unsigned flags_of(Environment::Mode mode) {
  switch (mode) {
    case Environment::Mode::read_only:
      return MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_RDONLY;
    case Environment::Mode::synced:
      return MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NOMETASYNC;
    case Environment::Mode::unsynced:
      return MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NOSYNC;
  }
  return 0;
}

/// LMDB calls this instead of abort() when a page is inconsistent, which the checks should have detected.
void throw_damaged(MDB_env*, const char* what) {
  throw Error(ErrorKind::damaged, format_text("cannot read the index: {}", what), kRebuildHint);
}

/// The environment's file. It must not be a link.
std::string data_file(const std::string& directory) {
  return directory + "/" + store_paths::kEnvironmentData;
}

std::uint64_t largest_map(Environment::Mode mode) {
  return mode == Environment::Mode::unsynced ? kVolatileMap : kDurableMap;
}

}  // namespace

Environment::Environment(int root, std::string directory, Mode mode)
    : root_(root), directory_(std::move(directory)), mode_(mode) {}

Environment::~Environment() {
  if (env_ != nullptr) mdb_env_close(env_);
  for (const Map& map : maps_) munmap(const_cast<std::byte*>(map.data), map.size);
}

void Environment::fail_damaged(std::string_view reason) const {
  throw Error(ErrorKind::damaged, format_text("cannot read '{}': {}", named(root_, directory_), reason),
              kRebuildHint);
}

void Environment::fail(int code, std::string_view verb) const {
  const std::string path = named(root_, directory_);
  if (code == MDB_MAP_FULL || code == MDB_MAP_RESIZED)
    throw Error(ErrorKind::no_space, format_text("cannot {} '{}': {}", verb, path, mdb_strerror(code)),
                "the index is larger than the address space that this process may use: raise `ulimit -v`");
  if (code == ENOMEM)
    throw Error(ErrorKind::io, format_text("cannot {} '{}': out of memory", verb, path), kMemoryHint);
  if (code == EIO) code = cause_of_short_write(file_.get());
  if (code > 0) throw_errno(code, verb, path);
  throw Error(ErrorKind::damaged, format_text("cannot {} '{}': {}", verb, path, mdb_strerror(code)),
              kRebuildHint);
}

int Environment::open_map(std::uint64_t map_size) {
  int code = mdb_env_create(&env_);
  if (code != MDB_SUCCESS) return code;
  code = mdb_env_set_mapsize(env_, map_size);
  if (code == MDB_SUCCESS) code = mdb_env_set_assert(env_, throw_damaged);
  if (code == MDB_SUCCESS) code = mdb_env_open(env_, in_proc(file_.get()).c_str(), flags_of(mode_), 0600);
  if (code != MDB_SUCCESS) mdb_env_close(std::exchange(env_, nullptr));
  return code;
}

void Environment::open_smaller_and_smaller() {
  std::uint64_t map_size = wanted_map(mode_);
  int code = open_map(map_size);
  while (code == ENOMEM && map_size > kSmallestMap) code = open_map(map_size /= 2);
  if (code == ENOENT)
    throw Error(ErrorKind::unsupported, "cannot open the index: /proc does not show this process", kProcHint);
  if (code != MDB_SUCCESS) fail(code, "open");
  keep_from_children();
}

/// LMDB's descriptor is not close-on-exec: the user's program would inherit it.
void Environment::keep_from_children() const {
  int fd = -1;
  const int code = mdb_env_get_fd(env_, &fd);
  if (code != MDB_SUCCESS) fail(code, "open");
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) captured_errno().fail("open", named(root_, directory_));
}

/// Sets the key order of the main database, which its first opening in a process does and every later
/// transaction relies on.
void Environment::prepare() {
  MDB_txn* txn = nullptr;
  int code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
  if (code != MDB_SUCCESS) fail(code, "open");
  MDB_dbi dbi = 0;
  code = mdb_dbi_open(txn, nullptr, 0, &dbi);
  mdb_txn_abort(txn);
  if (code != MDB_SUCCESS) fail(code, "open");
}

void Environment::take_file(Fd file) {
  file_ = std::move(file);
  const FileStamp stamp = stat_open(file_.get(), directory_);
  if (!stamp.is_regular()) fail_damaged("its path is another kind of file");
  device_ = stamp.device;
  inode_ = stamp.inode;
  size_ = stamp.size;
}

/// Neither the file nor a folder on the path to it may be a link. nullopt: it does not exist.
std::optional<Fd> Environment::open_file_itself() const {
  const int access = mode_ == Mode::read_only ? O_RDONLY : O_RDWR;
  const std::string path = data_file(directory_);
  open_how how{};
  how.flags = static_cast<std::uint64_t>(access | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  how.resolve = RESOLVE_NO_SYMLINKS;
  auto fd = static_cast<int>(syscall(SYS_openat2, root_, path.c_str(), &how, sizeof how));
  int error = errno;
  if (fd < 0 && (error == ENOSYS || error == EPERM)) {  // an old kernel, or a sandbox
    const Fd folder(openat(root_, directory_.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    fd = folder ? openat(folder.get(), store_paths::kEnvironmentData,
                         access | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
                : -1;
    error = errno;
  }
  if (fd >= 0) return Fd(fd);
  if (error == ENOENT) return std::nullopt;
  if (error == ELOOP) fail_damaged("its path is a symbolic link");
  if (error == ENOTDIR || error == EISDIR || error == ENXIO) fail_damaged("its path is another kind of file");
  throw_errno(error, "open", named(root_, path));
}

std::shared_ptr<Environment> Environment::open(int root, const std::string& directory, Mode mode) {
  std::shared_ptr<Environment> environment(new Environment(root, directory, mode));
  std::optional<Fd> file = environment->open_file_itself();
  if (!file) return nullptr;
  environment->take_file(std::move(*file));
  (void)environment->pages();  // throws if LMDB could not open it
  if (mode == Mode::read_only) return environment;
  environment->open_smaller_and_smaller();
  environment->prepare();
  return environment;
}

void Environment::create(int root, const std::string& directory, Mode mode) {
  make_directory(root, directory, 0700);
  Environment environment(root, directory, mode);
  environment.take_file(open_file(root, data_file(directory), O_RDWR | O_CREAT | O_EXCL, 0600));
  environment.open_smaller_and_smaller();
  if (mode == Mode::unsynced) return;
  environment.sync();
  const Fd folder = open_directory(root, directory);
  if (fsync(folder.get()) != 0) captured_errno().fail("sync", named(root, directory));
}

bool Environment::is_still_there() {
  const auto stamp = stat_at(root_, data_file(directory_), Links::do_not_follow);
  if (!stamp || stamp->device != device_ || stamp->inode != inode_) return false;
  const std::lock_guard guard(mutex_);
  size_ = stamp->size;
  return true;
}

std::uint64_t Environment::measure() {
  return size_ = stat_open(file_.get(), directory_).size;
}

/// Never longer than the file: an access beyond the end of a file raises SIGBUS.
Pages::File Environment::file(std::uint64_t size) {
  if (size == 0) return {};
  if (maps_.empty() || maps_.back().size < size) {
    const std::size_t room = std::bit_ceil(size);  // leaves room for growth without another map
    void* data = mmap(nullptr, room, PROT_READ, MAP_SHARED, file_.get(), 0);
    if (data == MAP_FAILED) captured_errno().fail("map", named(root_, directory_));
    maps_.push_back({static_cast<const std::byte*>(data), room});
  }
  return {maps_.back().data, size};
}

Pages Environment::pages() {
  constexpr int kAttempts = 3;  // a commit may be writing the meta page at this moment
  const std::lock_guard guard(mutex_);
  for (int attempt = 1;; ++attempt) {
    try {
      Pages pages(file(size_), page_size(), largest_map(mode_));
      const std::uint64_t whole = (pages.last_page() + 1) * page_size();
      if (whole <= size_ || measure() < 2 * page_size()) return pages;
      return Pages(file(size_), page_size(), largest_map(mode_));
    } catch (const PageError& error) {
      if (attempt == kAttempts) fail_damaged(error.what());
      measure();
      sched_yield();
    }
  }
}

void Environment::check_all() {
  try {
    pages().check_all();
  } catch (const PageError& error) {
    fail_damaged(error.what());
  }
}

void Environment::sync() {
  const int code = mdb_env_sync(env_, 1);
  if (code != MDB_SUCCESS) fail(code, "sync");
}

}  // namespace envstore::index

#include "store/index_env.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_names.h"

namespace envstore::index {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr std::uint64_t kDurableMap = 64 * kGiB;
constexpr std::uint64_t kVolatileMap = 16 * kGiB;
constexpr std::uint64_t kSmallestMap = std::uint64_t{64} << 20;
constexpr const char* kRebuildHint =
    "`envstore verify --rebuild-index` makes the index again from what lies on disk";
constexpr MDB_dbi kRows = 1;  // the environment's main database, which LMDB numbers so

MDB_val value_of(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
std::string_view view_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

std::uint64_t page_size() {
  return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Relative to the held root: the store may be reached by another name, or have been moved, since it was
/// opened.
std::string at(int root, const std::string& directory) {
  return fmt::format("/proc/self/fd/{}/{}", root, directory);
}

/// LMDB reports a write that the full disk cut short as EIO.
bool is_disk_full(int fd) {
  struct statfs facts {};
  return fstatfs(fd, &facts) == 0 && facts.f_bavail * static_cast<std::uint64_t>(facts.f_bsize) < (1U << 20);
}

unsigned flags_of(Environment::Mode mode) {
  switch (mode) {
    case Environment::Mode::read_only:
      return MDB_NOLOCK | MDB_NOTLS | MDB_RDONLY;
    case Environment::Mode::synced:
      return MDB_NOLOCK | MDB_NOTLS | MDB_NOMETASYNC;
    case Environment::Mode::unsynced:
      return MDB_NOLOCK | MDB_NOTLS | MDB_NOSYNC;
  }
  return 0;
}

/// LMDB calls this instead of abort() where a page contradicts itself.
void throw_damaged(MDB_env* env, const char* what) {
  const char* path = "index";
  mdb_env_get_path(env, &path);
  throw Error(ErrorKind::damaged, fmt::format("cannot read '{}': {}", path, what), kRebuildHint);
}

}  // namespace

Environment::Environment(int root, std::string directory, Mode mode)
    : root_(root), directory_(std::move(directory)), mode_(mode) {}

Environment::~Environment() {
  if (env_ != nullptr) mdb_env_close(env_);
}

void Environment::fail(int code, std::string_view verb) const {
  const std::string path = named(root_, directory_);
  if (code == MDB_MAP_FULL || code == MDB_MAP_RESIZED)
    throw Error(ErrorKind::no_space, fmt::format("cannot {} '{}': {}", verb, path, mdb_strerror(code)),
                "the index is larger than the address space that this process may use: raise `ulimit -v`");
  if (code == ENOMEM) throw Error(ErrorKind::io, fmt::format("cannot {} '{}': out of memory", verb, path));
  int fd = -1;
  const bool is_full = code == EIO && mdb_env_get_fd(env_, &fd) == MDB_SUCCESS && is_disk_full(fd);
  if (code > 0) throw_errno(is_full ? ENOSPC : code, verb, path);
  throw Error(ErrorKind::damaged, fmt::format("cannot {} '{}': {}", verb, path, mdb_strerror(code)),
              kRebuildHint);
}

int Environment::open_map(std::uint64_t map_size) {
  int code = mdb_env_create(&env_);
  if (code != MDB_SUCCESS) return code;
  code = mdb_env_set_mapsize(env_, map_size);
  if (code == MDB_SUCCESS) code = mdb_env_set_assert(env_, throw_damaged);
  if (code == MDB_SUCCESS) code = mdb_env_open(env_, at(root_, directory_).c_str(), flags_of(mode_), 0600);
  if (code != MDB_SUCCESS) mdb_env_close(std::exchange(env_, nullptr));
  return code;
}

void Environment::open_smaller_and_smaller() {
  std::uint64_t map_size = mode_ == Mode::unsynced ? kVolatileMap : kDurableMap;
  int code = open_map(map_size);
  while (code == ENOMEM && map_size > kSmallestMap) code = open_map(map_size /= 2);  // RLIMIT_AS
  if (code != MDB_SUCCESS) fail(code, "open");
  keep_from_children();
}

/// LMDB leaves its descriptor open over exec: the user's program would have it.
void Environment::keep_from_children() const {
  int fd = -1;
  const int code = mdb_env_get_fd(env_, &fd);
  if (code != MDB_SUCCESS) fail(code, "open");
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) throw_errno(errno, "open", named(root_, directory_));
}

/// A file that was cut short would end the process by SIGBUS where the map goes on. Made long again with
/// zeros, the lost pages are found out as damage. LMDB itself leaves a file short where the last pages were
/// never used.
void Environment::restore_length(std::uint64_t size) const {
  MDB_envinfo info{};
  const int code = mdb_env_info(env_, &info);
  if (code != MDB_SUCCESS) fail(code, "open");
  const std::uint64_t whole = (info.me_last_pgno + 1) * page_size();
  if (size >= whole) return;
  const Fd file = open_file(root_, directory_ + "/data.mdb", O_RDWR);
  // Never shortens: a writer may be at work on the file.
  if (fallocate(file.get(), 0, 0, static_cast<off_t>(whole)) != 0)
    throw_errno(errno, "extend", named(root_, directory_));
}

/// What every later transaction relies on: the main database's order of keys, set by its first opening in a
/// process.
void Environment::prepare() {
  MDB_txn* txn = nullptr;
  int code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
  if (code != MDB_SUCCESS) fail(code, "open");
  MDB_dbi dbi = 0;
  code = mdb_dbi_open(txn, nullptr, 0, &dbi);
  mdb_txn_abort(txn);
  if (code != MDB_SUCCESS) fail(code, "open");
}

std::shared_ptr<Environment> Environment::open(int root, const std::string& directory, Mode mode,
                                               Writable writable) {
  const auto stamp = stat_at(root, directory + "/data.mdb", Links::do_not_follow);
  if (!stamp) return nullptr;
  std::shared_ptr<Environment> environment(new Environment(root, directory, mode));
  // Without its two first pages LMDB would take it for a new one.
  if (!stamp->is_regular() || stamp->size < 2 * page_size()) environment->fail(MDB_INVALID, "open");
  environment->device_ = stamp->device;
  environment->inode_ = stamp->inode;
  environment->open_smaller_and_smaller();
  if (writable == Writable::yes) environment->restore_length(stamp->size);
  environment->prepare();
  return environment;
}

void Environment::create(int root, const std::string& directory, Mode mode) {
  make_directory(root, directory, 0700);
  Environment environment(root, directory, mode);
  environment.open_smaller_and_smaller();
  if (mode == Mode::unsynced) return;
  environment.sync();
  const Fd folder = open_directory(root, directory);
  if (fsync(folder.get()) != 0) throw_errno(errno, "sync", named(root, directory));
}

bool Environment::is_still_there() const {
  const auto stamp = stat_at(root_, directory_ + "/data.mdb", Links::do_not_follow);
  return stamp && stamp->device == device_ && stamp->inode == inode_;
}

void Environment::sync() {
  const int code = mdb_env_sync(env_, 1);
  if (code != MDB_SUCCESS) fail(code, "sync");
}

Transaction::Transaction(std::shared_ptr<Environment> environment, Kind kind)
    : environment_(std::move(environment)) {
  const unsigned flags = kind == Kind::read ? MDB_RDONLY : 0;
  const int code = mdb_txn_begin(environment_->get(), nullptr, flags, &txn_);
  if (code != MDB_SUCCESS) environment_->fail(code, "read");
}

Transaction::~Transaction() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

std::optional<std::string_view> Transaction::get(std::string_view key) {
  MDB_val name = value_of(key);
  MDB_val value{};
  const int code = mdb_get(txn_, kRows, &name, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != MDB_SUCCESS) environment_->fail(code, "read");
  return view_of(value);
}

void Transaction::put(std::string_view key, std::string_view value) {
  MDB_val name = value_of(key);
  MDB_val content = value_of(value);
  const int code = mdb_put(txn_, kRows, &name, &content, 0);
  if (code != MDB_SUCCESS) environment_->fail(code, "write");
}

void Transaction::erase(std::string_view key) {
  MDB_val name = value_of(key);
  const int code = mdb_del(txn_, kRows, &name, nullptr);
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) environment_->fail(code, "write");
}

std::uint64_t Transaction::number() const {
  return mdb_txn_id(txn_);
}

void Transaction::commit() {
  const int code = mdb_txn_commit(std::exchange(txn_, nullptr));  // ends it even where it fails
  if (code != MDB_SUCCESS) environment_->fail(code, "write");
}

Cursor::Cursor(Transaction& transaction) : transaction_(transaction) {
  const int code = mdb_cursor_open(transaction.txn_, kRows, &cursor_);
  if (code != MDB_SUCCESS) transaction.environment_->fail(code, "read");
}

Cursor::~Cursor() {
  mdb_cursor_close(cursor_);
}

std::optional<Cursor::Entry> Cursor::move(int operation, std::string_view key) {
  MDB_val name = value_of(key);
  MDB_val value{};
  const int code = mdb_cursor_get(cursor_, &name, &value, static_cast<MDB_cursor_op>(operation));
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != MDB_SUCCESS) transaction_.environment_->fail(code, "read");
  return Entry{view_of(name), view_of(value)};
}

std::optional<Cursor::Entry> Cursor::at_or_after(std::string_view key) {
  return move(MDB_SET_RANGE, key);
}
std::optional<Cursor::Entry> Cursor::next() {
  return move(MDB_NEXT, {});
}
std::optional<Cursor::Entry> Cursor::previous() {
  return move(MDB_PREV, {});
}

std::optional<Cursor::Entry> Cursor::before(std::string_view key) {
  return at_or_after(key) ? move(MDB_PREV, {}) : move(MDB_LAST, {});
}

}  // namespace envstore::index

#include "store/index/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "store/index/root_path.h"
#include "store/index/store_folders.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/format.h"
#include "store/platform/home.h"
#include "store/platform/path_parts.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr const char* kRootHint = "set ENVSTORE_ROOT (or --store) to another directory";

// https://bford.info/cachedir/: the first line is the signature that backup programs look for.
constexpr std::string_view kCacheTagContent =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory holds a store of envstore: everything in it can be made again.\n";

[[noreturn]] void refuse(ErrorKind kind, const std::string& path, std::string_view reason,
                         std::string hint = kRootHint) {
  throw Error(kind, format_text("cannot use '{}' as a store: {}", path, reason), std::move(hint));
}

/// If the program was started with standard streams closed, a file of the store must not get their descriptor
/// numbers: the next message would be written into it.
void occupy_standard_streams() {
  for (int fd = 0; fd <= STDERR_FILENO;) {
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    if (fd > STDERR_FILENO) close(fd);
  }
}

int open_directory_outside_streams(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  close(fd);
  occupy_standard_streams();
  return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

struct Root {
  Fd fd;
  struct stat facts {};
};

struct stat facts_of(int root, const std::string& path) {
  struct stat facts {};
  if (fstat(root, &facts) != 0) throw_errno(errno, "look at the store", path);
  return facts;
}

/// The path of the root may contain links: they are the user's. An empty descriptor: it does not exist.
Root open_existing_root(const std::string& path) {
  Root root{Fd(open_directory_outside_streams(path))};
  const int error = errno;
  if (!root.fd && error != ENOENT) throw_errno(error, "open the store", path);
  if (root.fd) root.facts = facts_of(root.fd.get(), path);
  return root;
}

/// The owner of `path`, or of its nearest existing parent directory.
uid_t owner_above(std::string path) {
  struct stat facts {};
  while (path.size() > 1 && stat(path.c_str(), &facts) != 0) path = directory_of(path);
  return stat(path.c_str(), &facts) == 0 ? facts.st_uid : geteuid();
}

/// For `sudo -E`: the user could neither use nor remove a store that root made in a directory of the user.
void require_no_other_users_place(const std::string& path) {
  const std::string user = variable_or_empty("SUDO_UID");
  if (geteuid() != 0 || user.empty() || user == "0" || std::to_string(owner_above(path)) != user) return;
  refuse(ErrorKind::permission, path,
         format_text("it would belong to root, in a directory of the user (uid {}) who called sudo", user),
         "run it without sudo; or, with sudo, set ENVSTORE_ROOT (or --store) to a directory of root's");
}

Root make_root(const std::string& path) {
  require_no_other_users_place(path);
  const std::size_t slash = path.rfind('/');
  if (slash != 0 && slash != std::string::npos) make_directories(AT_FDCWD, path.substr(0, slash), 0700);
  make_directory_if_missing(AT_FDCWD, path, 0700);
  Root root{open_directory(AT_FDCWD, path)};
  root.facts = facts_of(root.fd.get(), path);
  return root;
}

void check_owner(const struct stat& facts, uid_t user, const std::string& path) {
  if (facts.st_uid != user)
    refuse(ErrorKind::permission, path, format_text("it belongs to another user (uid {})", facts.st_uid));
  if ((facts.st_mode & 0022) != 0)
    refuse(ErrorKind::permission, path, "its group or everybody may write to it",
           format_text("`chmod 700 '{}'`, if no other user has written to it", path));
}

FilesystemFacts check_filesystem(int root, const std::string& path) {
  FilesystemFacts facts = filesystem_facts(root);
  if (!is_allowed_for_index(facts.kind))
    refuse(ErrorKind::unsupported, path,
           format_text("it is on {}, which has not the locks and links that a store needs", facts.kind),
           "set ENVSTORE_ROOT to a directory on a local disk (ext4, xfs, btrfs, tmpfs, overlayfs, zfs, "
           "bcachefs, "
           "f2fs)");
  return facts;
}

/// nullopt: the file is missing, or is not a regular file; neither makes the store unusable.
std::optional<std::string> read_format(int root) {
  try {
    return try_read_file(root, store_paths::kFormatFile, 64);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::damaged) throw;
    return std::nullopt;
  }
}

/// False: the file is missing, or empty, as a power cut may leave it.
bool check_format(int root, const std::string& path) {
  const std::optional<std::string> text = read_format(root);
  if (!text || text->empty()) return false;
  int number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(text->data() + text->size() - end));
  if (error != std::errc() || number < 1 || (rest != "\n" && !rest.empty()))
    refuse(ErrorKind::damaged, path, format_text("its file '{}' holds no number", store_paths::kFormatFile));
  if (number > store_paths::kFormat)
    refuse(ErrorKind::unsupported, path,
           format_text("it has format {}, and this envstore reads formats up to {}", number,
                       store_paths::kFormat),
           "update envstore, or set ENVSTORE_ROOT to another directory");
  return true;
}

bool is_own_name(const std::string& name) {
  const auto is = [&](const char* known) {
    return name == known || name.starts_with(std::string(known) + ".new-");
  };
  return is(store_paths::kFormatFile) || is(store_paths::kCacheTag) || name == store_paths::kIndex ||
         name == "lost+found" ||
         std::find(kStoreFolders.begin(), kStoreFolders.end(), name) != kStoreFolders.end();
}

/// A mistyped --store must not turn a foreign directory into a store, which gc cleans.
void require_nothing_foreign(int root, const std::string& path) {
  for (const DirectoryEntry& entry : list_directory(root, "."))
    if (!is_own_name(entry.name))
      refuse(ErrorKind::usage, path,
             format_text("it is no store, and holds other things ('{}')", entry.name));
}

void make_folders(int root) {
  for (const char* folder : kStoreFolders) make_directory_if_missing(root, folder, 0700);
}

void make_missing_folders(int root) {
  try {
    make_folders(root);
  } catch (const Error&) {
    return;  // not a directory: reported by the code that needs it
  }
}

/// On most filesystems a directory's link count includes one for each subdirectory; elsewhere it is 1. A hint
/// that costs nothing: code that needs a missing folder creates it (store/platform/folders.h).
bool seems_to_miss_folders(const struct stat& root) {
  constexpr std::size_t kOwnLinks = 2, kIndexFolder = 1;
  return root.st_nlink >= kOwnLinks && root.st_nlink < kOwnLinks + kStoreFolders.size() + kIndexFolder;
}

/// Any number of processes may do this at once, and each may die at any point: `format`, written last, means
/// that everything is there.
void make_store(int root, const std::string& path) {
  require_nothing_foreign(root, path);
  make_folders(root);
  if (!stat_at(root, store_paths::kCacheTag, Links::do_not_follow))
    replace_file(root, store_paths::kCacheTag, kCacheTagContent, 0600);
  const auto format = stat_at(root, store_paths::kFormatFile, Links::do_not_follow);
  if (format && format->is_directory())  // only a directory cannot be replaced by a file
    rename_at(root, store_paths::kFormatFile, root,
              std::string(store_paths::kTrash) + "/format-" + random_name());
  replace_file(root, store_paths::kFormatFile, format_text("{}\n", store_paths::kFormat), 0600);
}

/// The path that the environment variables give; the owner of the directory is not checked here.
std::string named_root() {
  if (std::string root = variable_or_empty("ENVSTORE_ROOT"); !root.empty()) return root;
  // The XDG specification says that relative paths are ignored.
  if (std::string cache = variable_or_empty("XDG_CACHE_HOME"); cache.starts_with('/'))
    return cache + "/envstore";
  if (const std::string home = home_directory(); !home.empty()) return home + "/.cache/envstore";
  throw Error(ErrorKind::usage,
              "cannot find a place for the store: HOME is not set, nor is there an entry of this user in "
              "/etc/passwd",
              "set ENVSTORE_ROOT to a directory");
}

}  // namespace

std::string Store::default_root() {
  std::string root = named_root();
  if (geteuid() != 0 || !variable_or_empty("ENVSTORE_ROOT").empty() || owner_above(absolute_path(root)) == 0)
    return root;
  const std::string home = home_in_passwd();
  return home.empty() ? root : home + "/.cache/envstore";
}

Store Store::open(const std::string& root, const Clock& clock) {
  Store store;
  store.path_ = absolute_path(root.empty() ? named_root() : root);
  if (const auto reason = reason_against_path(store.path_))
    refuse(ErrorKind::unsupported, store.path_, *reason, kRootPathHint);
  const uid_t user = geteuid();
  Root found = open_existing_root(store.path_);
  if (root.empty() && (!found.fd || found.facts.st_uid != user)) {
    // Root with the HOME of another user (sudo -E) uses its own store.
    store.path_ = absolute_path(default_root());
    found = open_existing_root(store.path_);
  }
  if (!found.fd) found = make_root(store.path_);
  check_owner(found.facts, user, store.path_);
  store.root_ = std::move(found.fd);
  store.read_only_ = check_filesystem(store.root_.get(), store.path_).is_read_only ||
                     ((found.facts.st_mode & S_IWUSR) == 0 && is_unwritable(store.root_.get()));
  if (!check_format(store.root_.get(), store.path_)) {
    if (store.read_only_)
      refuse(ErrorKind::not_found, store.path_, "it is no store, and read-only", kWritableStoreHint);
    make_store(store.root_.get(), store.path_);
  } else if (!store.read_only_ && seems_to_miss_folders(found.facts)) {
    make_missing_folders(store.root_.get());
  }
  store.clock_ = &clock;
  const auto access = store.read_only_ ? Index::Access::read_only : Index::Access::read_write;
  store.index_ = std::make_unique<Index>(store.root_.get(), access);
  return store;
}

Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

}  // namespace envstore

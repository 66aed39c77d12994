#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <unordered_set>

#include "store/objects/tree.h"
#include "store/objects/tree_info.h"
#include "store/objects/tree_rows.h"
#include "store/objects/tree_slots.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/format.h"
#include "store/platform/lock.h"
#include "store/platform/path_parts.h"
#include "store/platform/random.h"

namespace envstore {
namespace {

constexpr int kMostAttempts = 64;

mode_t mode_of(Executable executable) {
  return executable == Executable::yes ? 0555 : 0444;
}

[[noreturn]] void refuse(std::string_view path, std::string_view reason) {
  throw Error(ErrorKind::invalid_input, format_text("cannot make a tree with '{}': {}", path, reason));
}

FileStamp stamp_of(int fd, std::string_view path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) throw_errno(errno, "examine", path);
  FileStamp stamp;
  stamp.inode = status.st_ino;
  stamp.size = static_cast<std::uint64_t>(status.st_size);
  stamp.mtime_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  stamp.mode = status.st_mode;
  return stamp;
}

bool has_content(int directory, const std::string& path, std::span<const std::byte> content) {
  const MappedFile file = MappedFile::open(directory, path);
  const std::span<const std::byte> bytes = file.bytes();
  return bytes.size() == content.size() && std::memcmp(bytes.data(), content.data(), content.size()) == 0;
}

/// The state of a tree's path after it was linked to the existing object.
enum class Verdict { intact, other_mode, untrusted };

/// The result of trying to use an existing object instead of writing a new one.
enum class Reuse { done, no_object, object_must_go };

}  // namespace

struct TreeBuilder::Impl {
  Impl(StoreWriter& a_store, Lease& lease) : store(a_store) {
    lease.tmp_directory();
    name = store_paths::tmp(lease.name()) + "/tree-" + random_name();
    store.index();  // opened here once, before the threads of `add` use it
    with_folder(store.root(), name, [&] { make_directory(store.root(), name, 0755); });
    root = open_directory(store.root(), name);
    make_directory_if_missing(store.root(), store_paths::kObjects, 0700);
    objects = open_directory(store.root(), store_paths::kObjects);
  }

  StoreWriter& store;
  std::string name;
  Fd root, objects;
  std::atomic<unsigned> replaced = 0;
  std::mutex mutex;  ///< protects what follows
  std::unordered_set<std::string> directories;
  std::vector<StoredFile> files;
  std::vector<BlobId> made_objects;
  bool is_in_place = false, is_committed = false;  ///< used by one thread

  void make_parents(const std::string& path);
  FileStamp write(const std::string& path, Executable executable, std::span<const std::byte> content);
  bool publish(const std::string& path, const StoredFile& file);
  void note_made(const BlobId& object);
  void replace_object(const std::string& path, const StoredFile& file);
  Verdict judge(StoredFile& file, std::span<const std::byte> content);
  Reuse reuse(StoredFile& file, std::span<const std::byte> content);
  void store_content(StoredFile& file, std::span<const std::byte> content);
  void adopt_stamp(StoredFile& file, const FileStamp& stamp, std::span<const std::byte> content);
  void write_descriptions(const TreeManifest& manifest, const TreeInfo& info);
  void seal();
  void finish(const TreeId& id, const TreeManifest& manifest, const TreeInfo& info);
  void take_back(const TreeId& id) noexcept;
};

namespace {

/// For error handling: anything that `step` cannot undo is an orphan, which gc removes.
template <class Step>
void quietly(Step step) noexcept {
  try {
    step();
  } catch (...) {
    return;
  }
}

}  // namespace

void TreeBuilder::Impl::make_parents(const std::string& path) {
  const std::string parent = parent_of(path);
  const std::lock_guard lock(mutex);
  if (directories.contains(parent)) return;
  for (std::size_t slash = parent.find('/');; slash = parent.find('/', slash + 1)) {
    const std::string directory = parent.substr(0, slash);
    if (!directories.contains(directory)) {
      if (mkdirat(root.get(), directory.c_str(), 0755) != 0) {
        const int error = errno;
        if (error == EEXIST || error == ENOTDIR) refuse(directory, "it is a file and a directory at once");
        throw_errno(error, "make directory", store.path() + "/" + name + "/" + directory);
      }
      directories.insert(directory);
    }
    if (slash == std::string::npos) return;
  }
}

FileStamp TreeBuilder::Impl::write(const std::string& path, Executable executable,
                                   std::span<const std::byte> content) {
  const mode_t mode = mode_of(executable);
  const Fd fd(openat(root.get(), path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) {
    const int error = errno;
    if (error == EEXIST) refuse(path, "the path occurs twice");
    throw_errno(error, "write", store.path() + "/" + name + "/" + path);
  }
  write_all(fd.get(), content, path);
  FileStamp stamp = stamp_of(fd.get(), path);
  if ((stamp.mode & 07777) != mode) {  // the umask removed other bits than write bits
    if (fchmod(fd.get(), mode) != 0) throw_errno(errno, "set the mode of", path);
    stamp.mode = (stamp.mode & ~07777U) | mode;
  }
  return stamp;
}

/// False: another thread or process has made the object in the meantime.
bool TreeBuilder::Impl::publish(const std::string& path, const StoredFile& file) {
  const std::string& object = file.object;
  while (true) {
    if (linkat(root.get(), path.c_str(), objects.get(), object.c_str(), 0) == 0) {
      note_made(file.entry.blob);
      return true;
    }
    const int error = errno;
    if (error == EEXIST) return false;
    if (error != ENOENT) throw_errno(error, "link", store.path() + "/objects/" + object);
    make_directory_if_missing(objects.get(), parent_of(object), 0755);
  }
}

void TreeBuilder::Impl::note_made(const BlobId& object) {
  const std::lock_guard lock(mutex);
  made_objects.push_back(object);
}

void TreeBuilder::Impl::replace_object(const std::string& path, const StoredFile& file) {
  const std::string beside = name + ".object-" + std::to_string(replaced.fetch_add(1));
  if (link_at(root.get(), path, store.root(), beside) != LinkResult::linked)
    throw Error(ErrorKind::io, format_text("cannot link '{}': a new file refuses a second name", path));
  rename_at(store.root(), beside, objects.get(), file.object);
  unlink_if_there(store.root(), beside);  // renaming a file over a link to itself does nothing
  note_made(file.entry.blob);
}

void TreeBuilder::Impl::adopt_stamp(StoredFile& file, const FileStamp& stamp,
                                    std::span<const std::byte> content) {
  file.ledger = BlobRow{.size = content.size(),
                        .fingerprint = fingerprint(content),
                        .inode = stamp.inode,
                        .mtime_ns = stamp.mtime_ns,
                        .mode = stamp.mode,
                        .verified_at_ns = store.clock().now().time_since_epoch().count()};
}

/// `file`'s path is a link to an object that another thread or process made. It is used as it is if the index
/// has its row with the same stamp; otherwise (left by a crash, or made by an ingest that is still running)
/// only if its bytes equal `content`.
Verdict TreeBuilder::Impl::judge(StoredFile& file, std::span<const std::byte> content) {
  const std::optional<FileStamp> stamp = stat_at(root.get(), file.entry.path, Links::do_not_follow);
  if (!stamp || !stamp->is_regular() || stamp->size != content.size()) return Verdict::untrusted;
  const mode_t mode = stamp->mode & 07777;
  if (mode != 0444 && mode != 0555) return Verdict::untrusted;
  const std::optional<BlobRow> row = store.index().read().blob(file.entry.blob);
  if (row && row->size == stamp->size && row->inode == stamp->inode && row->mtime_ns == stamp->mtime_ns) {
    file.ledger = *row;
  } else {
    if (!has_content(root.get(), file.entry.path, content)) return Verdict::untrusted;
    adopt_stamp(file, *stamp, content);
    file.is_ledger_new = true;
  }
  return mode == mode_of(file.entry.executable) ? Verdict::intact : Verdict::other_mode;
}

Reuse TreeBuilder::Impl::reuse(StoredFile& file, std::span<const std::byte> content) {
  const std::string& path = file.entry.path;
  if (linkat(objects.get(), file.object.c_str(), root.get(), path.c_str(), 0) != 0) {
    const int error = errno;
    if (error == ENOENT) return Reuse::no_object;
    if (error == EMLINK) return Reuse::object_must_go;
    if (error == EEXIST) refuse(path, "the path occurs twice");
    throw_errno(error, "link", store.path() + "/objects/" + file.object);
  }
  const Verdict verdict = judge(file, content);
  if (verdict == Verdict::intact) return Reuse::done;
  unlink_if_there(root.get(), path);
  if (verdict == Verdict::untrusted) return Reuse::object_must_go;
  write(path, file.entry.executable, content);
  return Reuse::done;
}

void TreeBuilder::Impl::store_content(StoredFile& file, std::span<const std::byte> content) {
  const std::string& path = file.entry.path;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const Reuse outcome = reuse(file, content);
    if (outcome == Reuse::done) return;
    adopt_stamp(file, write(path, file.entry.executable, content), content);
    file.is_ledger_new = true;
    if (outcome == Reuse::object_must_go) return replace_object(path, file);
    if (publish(path, file)) return;
    unlink_if_there(root.get(), path);
  }
  throw Error(ErrorKind::busy, format_text("cannot store '{}': the object comes and goes", path));
}

void TreeBuilder::Impl::write_descriptions(const TreeManifest& manifest, const TreeInfo& info) {
  create_file(root.get(), store_paths::kTreeManifest, manifest.compressed(), 0444);
  create_file(root.get(), store_paths::kTreeInfo, encode_tree_info(info), 0444);
}

/// The tree's own directory stays writable until it is renamed: moving a directory needs that.
void TreeBuilder::Impl::seal() {
  for (const std::string& directory : directories)
    if (fchmodat(root.get(), directory.c_str(), 0555, 0) != 0)
      captured_errno().fail("set the mode of", store.path() + "/" + name + "/" + directory);
}

TreeBuilder::TreeBuilder(StoreWriter& store, Lease& lease) : impl_(std::make_unique<Impl>(store, lease)) {}

TreeBuilder::~TreeBuilder() {
  impl_->root = Fd();  // frees descriptors, which the removal may need
  impl_->objects = Fd();
  // The directory is in tmp/<lease>, so the code that removes the dead lease tries again.
  quietly([&] { remove_tree(impl_->store.root(), impl_->name); });
  if (!impl_->is_committed)
    quietly([&] { remove_unnamed_objects(impl_->store, std::move(impl_->made_objects)); });
}

BlobId TreeBuilder::add(std::string path, Executable executable, std::span<const std::byte> content) {
  if (!is_safe_path(path)) refuse(path, "the path is not safe");
  StoredFile file;
  file.entry = {std::move(path), executable, BlobId{sha256(content)}, content.size()};
  impl_->make_parents(file.entry.path);
  if (content.empty()) {
    impl_->write(file.entry.path, executable, content);
  } else {
    const std::string hex = file.entry.blob.hex();
    file.object = hex.substr(0, 2) + "/" + hex.substr(2);
    impl_->store_content(file, content);
  }
  const BlobId blob = file.entry.blob;
  const std::lock_guard lock(impl_->mutex);
  impl_->files.push_back(std::move(file));
  return blob;
}

TreeId TreeBuilder::commit(const TreeInfo& given) {
  StoreWriter& store = impl_->store;
  std::vector<TreeEntry> entries;
  entries.reserve(impl_->files.size());
  for (const StoredFile& file : impl_->files) entries.push_back(file.entry);
  const TreeManifest manifest(std::move(entries));
  const TreeId id = manifest.id();
  TreeInfo info = given;
  describe_content(info, manifest);
  if (info.made_at_ns == 0) info.made_at_ns = store.clock().now().time_since_epoch().count();

  const FileLock lock = lock_tree(store, id);
  if (has_tree(store, id)) {
    record_wheel(store, info.wheel, id);
    impl_->is_committed = true;
    return id;
  }
  // Slots left by an interrupted collection match the modification times of an earlier copy of the sources,
  // not of this one.
  throw_away(store, store_paths::slots(id));
  try {
    impl_->finish(id, manifest, info);
  } catch (...) {
    impl_->take_back(id);
    throw;
  }
  impl_->is_committed = true;
  return id;
}

void TreeBuilder::Impl::finish(const TreeId& id, const TreeManifest& manifest, const TreeInfo& info) {
  make_slots(store, id, manifest);
  link_slots(root.get(), id, manifest);
  write_descriptions(manifest, info);
  seal();
  move_into_place(store, name, store_paths::tree(id));
  is_in_place = true;
  if (fchmod(root.get(), 0555) != 0) captured_errno().fail("set the mode of", store_paths::tree(id));
  record_tree(store, id, info, files);
}

/// Under the tree's lock.
void TreeBuilder::Impl::take_back(const TreeId& id) noexcept {
  const std::string tmp = parent_of(name);
  if (is_in_place) take_out_of_sight(store, store_paths::tree(id), tmp);
  take_out_of_sight(store, store_paths::slots(id), tmp);
  quietly([&] { forget_unfinished_tree(store, id, files); });
}

}  // namespace envstore

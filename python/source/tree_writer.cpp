#include "python/source/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr mode_t kFolderMode = 0755, kNewFileMode = 0600;
constexpr mode_t kKept = 0755, kOwner = 0600, kOwnerExecutes = 0100, kExecutes = 0111;

/// PEP 721: what others may do never exceeds reading and, where the owner can, executing.
mode_t file_mode(std::uint32_t mode) {
  mode_t kept = (mode & kKept) | kOwner;
  if ((kept & kOwnerExecutes) == 0) kept &= ~kExecutes;
  return kept;
}

/// Times that no file system has, or that a 32-bit build tool cannot read, would be reported as errors of
/// that tool.
timespec file_time(std::int64_t seconds) {
  constexpr std::int64_t kLatest = 0x7fffffff;
  return {std::clamp<std::int64_t>(seconds, 0, kLatest), 0};
}

void write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      throw_errno(error, "write", path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

}  // namespace

/// A name that the file system cannot have is the archive's fault.
void TreeWriter::fail(int error_number, const std::string& path) const {
  if (error_number == ENAMETOOLONG || error_number == EILSEQ || error_number == EINVAL ||
      error_number == ENOENT)
    refuse_member(filename_, path, std::generic_category().message(error_number));
  throw_errno(error_number, "write", path);
}

Fd TreeWriter::enter(int parent, const std::string& path, const std::string& name) {
  const auto kind = tree_.find(path);
  if (kind && *kind != SourceTree::Kind::directory)
    refuse_member(filename_, path, "it is a folder and something else");
  if (!kind) {
    if (mkdirat(parent, name.c_str(), kFolderMode) != 0) fail(errno, path);
    // The process's umask may have taken away what its owner needs. It was made here: no link is followed.
    if (fchmodat(parent, name.c_str(), kFolderMode, 0) != 0) fail(errno, path);
    tree_.add(path, SourceTree::Kind::directory);
  }
  Fd folder(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) fail(errno, path);
  return folder;
}

/// The descriptor of the folder that contains `path`; valid until the next call.
int TreeWriter::folder_of(const std::vector<std::string>& path) {
  const std::vector<std::string> parents(path.begin(), path.end() - 1);
  if (parents.empty()) return root_;
  const std::string wanted = joined(parents, "/");
  if (open_folder_ && wanted == open_path_) return open_folder_.get();
  Fd folder;
  std::string at;
  for (const std::string& part : parents) {
    at += (at.empty() ? "" : "/") + part;
    folder = enter(folder ? folder.get() : root_, at, part);
  }
  open_folder_ = std::move(folder);
  open_path_ = wanted;
  return open_folder_.get();
}

/// As tar does, the last member of a name counts.
void TreeWriter::make_room(int parent, const std::vector<std::string>& path) {
  const std::string name = joined(path, "/");
  const auto kind = tree_.find(name);
  if (!kind) return;
  if (*kind == SourceTree::Kind::directory)
    refuse_member(filename_, name, "it is a folder and something else");
  if (unlinkat(parent, path.back().c_str(), 0) != 0) fail(errno, name);
  tree_.remove(name);
}

void TreeWriter::make_folder(const std::vector<std::string>& path) {
  (void)enter(folder_of(path), joined(path, "/"), path.back());
}

void TreeWriter::write_file(const std::vector<std::string>& path, const ArchiveMember& member,
                            SourceArchive& archive) {
  const std::string name = joined(path, "/");
  const int parent = folder_of(path);
  make_room(parent, path);
  const Fd file(openat(parent, path.back().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                       kNewFileMode));
  if (!file) fail(errno, name);
  tree_.add(name, SourceTree::Kind::file);
  archive.read([&](std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset > member.size || bytes.size() > member.size - offset)
      refuse_member(filename_, name, "it is longer than its header says");
    write_at(file.get(), offset, bytes, name);
  });
  if (ftruncate(file.get(), static_cast<off_t>(member.size)) != 0) fail(errno, name);
  if (fchmod(file.get(), file_mode(member.mode)) != 0) fail(errno, name);
  const timespec times[2] = {file_time(member.mtime), file_time(member.mtime)};
  if (member.mtime != 0 && futimens(file.get(), times) != 0) fail(errno, name);
}

void TreeWriter::make_link(const std::vector<std::string>& path, const std::string& target) {
  const int parent = folder_of(path);
  make_room(parent, path);
  const std::string name = joined(path, "/");
  if (symlinkat(target.c_str(), parent, path.back().c_str()) != 0) fail(errno, name);
  tree_.add(name, SourceTree::Kind::link, target);
}

void TreeWriter::make_hard_link(const std::vector<std::string>& path,
                                const std::vector<std::string>& target) {
  const std::string name = joined(path, "/");
  if (name == joined(target, "/")) return;
  // folder_of closes the folder that it returned before.
  const Fd from(fcntl(folder_of(target), F_DUPFD_CLOEXEC, 0));
  if (!from) fail(errno, name);
  const int parent = folder_of(path);
  make_room(parent, path);
  if (linkat(from.get(), target.back().c_str(), parent, path.back().c_str(), 0) != 0) fail(errno, name);
  tree_.add(name, SourceTree::Kind::file);
}

}  // namespace envstore

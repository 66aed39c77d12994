#include "gc/verify/verification.h"

#include <fcntl.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "gc/verify/file_hash.h"
#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/format.h"
#include "store/platform/thread_pool.h"
#include "store/snapshots/placement_build.h"

namespace envstore {
namespace {

constexpr std::size_t kMostCachedEntries = 300'000;
constexpr std::uint64_t kFilesBetweenReports = 4096;

unsigned thread_count(unsigned wanted) {
  constexpr unsigned kMost = 32;
  return wanted == 0 ? core_count(kMost) : std::min(wanted, kMost);
}

}  // namespace

mode_t mode_of(Executable executable) {
  return executable == Executable::yes ? 0555 : 0444;
}

std::string damage_of_mode(std::uint32_t is, std::uint32_t should_be) {
  return format_text("its mode is {:04o}, should be {:04o}", is & 07777, should_be & 07777);
}

Verification::Verification(StoreWriter& a_store, const DerivedFiles& derived_files,
                           const VerifyOptions& some_options)
    : store(a_store),
      derived(derived_files),
      options(some_options),
      threads(thread_count(some_options.threads)),
      claims(derived_files),
      names_tell_inodes(filesystem_kind(a_store.root()) != "overlayfs") {}

void Verification::report(DamageFound damage) {
  const std::lock_guard guard(mutex_);
  found_.push_back(std::move(damage));
}

std::vector<DamageFound> Verification::take_found() {
  const std::lock_guard guard(mutex_);
  return std::move(found_);
}

void Verification::looked_at(std::uint64_t files) {
  const std::uint64_t done = files_looked_at += files;
  if (!options.progress) return;
  const std::lock_guard guard(mutex_);
  if (done < told_ + kFilesBetweenReports) return;
  told_ = done;
  options.progress(done, std::max<std::uint64_t>(done, expected_));
}

Fd open_for_hashing(int directory, const std::string& name) {
  return Fd(openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

Verdict unreadable(int error) {
  return {Content::wrong, "it cannot be read: " + std::generic_category().message(error)};
}

Verdict Verification::hash_and_judge(int fd, const BlobId& id, std::uint64_t size, const KnownBlob* known,
                                     std::optional<std::uint64_t> real_size,
                                     std::span<const std::byte>* whole) {
  ++files_hashed;
  const auto with_sha256 =
      known == nullptr || options.depth == VerifyDepth::strict ? WithSha256::yes : WithSha256::no;
  std::optional<ContentHash> hash = hash_content(fd, with_sha256, real_size);
  if (!hash) return unreadable(errno);
  bytes_hashed += hash->size;
  if (whole != nullptr) *whole = hash->whole;
  const bool is_as_noted =
      known != nullptr && hash->size == known->row.size && hash->fingerprint == known->row.fingerprint;
  if (with_sha256 == WithSha256::no) {
    if (is_as_noted) return {Content::right, {}};
    hash = hash_content(fd, WithSha256::yes);
    if (!hash) return unreadable(errno);
  }
  if (hash->blob == id)
    return {is_as_noted || known == nullptr ? Content::right : Content::right_but_row_differs, {}};
  if (hash->size == 0) return {Content::wrong, format_text("it is empty, should have {} bytes", size)};
  if (hash->size != size)
    return {Content::wrong, format_text("it has {} bytes, should have {}", hash->size, size)};
  return {Content::wrong, "it has the right size and other bytes"};
}

Verdict Verification::judge(int directory, const std::string& name, std::uint64_t inode, const BlobId& id,
                            std::uint64_t size, const KnownBlob* known) {
  {
    const std::lock_guard guard(mutex_);
    const auto before = judged_.find(inode);
    if (before != judged_.end() && before->second.first == id) return before->second.second;
  }
  const Fd fd = open_for_hashing(directory, name);
  Verdict verdict = fd ? hash_and_judge(fd.get(), id, size, known) : unreadable(errno);
  const std::lock_guard guard(mutex_);
  judged_.insert_or_assign(inode, std::pair(id, verdict));
  return verdict;
}

Verification::ReadManifest Verification::read_manifest(const TreeId& id) {
  try {
    return {std::make_shared<const TreeManifest>(TreeManifest::load(store, id)), {}};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::damaged && error.kind() != ErrorKind::not_found) throw;
    auto recovered = recover_manifest(store, id);
    if (!recovered) throw;
    return {std::make_shared<const TreeManifest>(std::move(*recovered)), error.what()};
  }
}

std::shared_ptr<const TreeManifest> Verification::manifest(const TreeId& id, std::string* fault) {
  const auto tell = [&](const ReadManifest& known) {
    if (fault != nullptr) *fault = known.fault;
    return known.manifest;
  };
  {
    const std::lock_guard guard(mutex_);
    if (const auto known = manifests_.find(id); known != manifests_.end()) return tell(known->second);
  }
  ReadManifest read = read_manifest(id);
  if (!read.fault.empty())
    return tell(read);  // a collection may be deleting the tree: not cached, so that it is read again
  const std::lock_guard guard(mutex_);
  manifest_entries_ += read.manifest->entries().size();
  if (manifest_entries_ > kMostCachedEntries) {
    manifests_.clear();
    manifest_entries_ = read.manifest->entries().size();
  }
  return tell(manifests_.emplace(id, std::move(read)).first->second);
}

std::vector<LayoutTree> Verification::trees_of(const SnapshotRecord& record) {
  std::vector<LayoutTree> trees = layout_trees(store, record);
  for (LayoutTree& tree : trees)
    tree.manifest = [this, id = tree.id,
                     held =
                         std::make_shared<std::shared_ptr<const TreeManifest>>()]() -> const TreeManifest& {
      if (!*held) *held = manifest(id);
      return **held;
    };
  return trees;
}

}  // namespace envstore

#include "gc/collect/collection_due.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include "gc/census/collection_note.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

constexpr std::int64_t kPatience = std::chrono::nanoseconds(std::chrono::minutes(15)).count();

std::uint64_t estimate(const std::optional<CollectionNote>& note, std::uint64_t tree_bytes) {
  if (!note) return tree_bytes;
  if (tree_bytes >= note->tree_bytes) return note->total_bytes + (tree_bytes - note->tree_bytes);
  const std::uint64_t less = note->tree_bytes - tree_bytes;
  return note->total_bytes > less ? note->total_bytes - less : 0;
}

}  // namespace

bool is_collection_due(const StoreReader& store, const Policy& policy) {
  if (store.is_read_only() || (!policy.max_size && !policy.min_free)) return false;
  struct statvfs disk {};
  if (fstatvfs(store.root(), &disk) != 0) captured_errno().fail("look at the disk of", store.path());
  const std::uint64_t size = std::uint64_t{disk.f_blocks} * disk.f_frsize;
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const auto note = read_collection_note(store);
  const std::int64_t now = store.clock().now().time_since_epoch().count();
  if (note && note->has_missed_cap && now - note->made_at_ns < kPatience && now >= note->made_at_ns)
    return false;
  if (policy.min_free && free < policy.min_free->of(size)) return true;
  return policy.max_size && estimate(note, bytes_of_trees(store)) > policy.max_size->of(size);
}

}  // namespace envstore

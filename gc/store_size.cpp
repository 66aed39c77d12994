#include "gc/store_size.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>

#include "store/layout.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::int64_t kPatience = std::chrono::nanoseconds(std::chrono::minutes(15)).count();

struct Note {
  std::uint64_t total_bytes = 0, tree_bytes = 0;
  bool has_missed_cap = false;
  std::int64_t made_at_ns = 0;  ///< 0: a version that did not note it
};

std::string note_path() {
  return std::string(layout::kLocks) + "/gc.size";
}

std::uint64_t bytes_of_trees(Store& store) {
  std::uint64_t sum = 0;
  store.index().read_in_slices().each_tree([&](const TreeId&, const TreeRow& tree) {
    sum += tree.bytes;
    return true;
  });
  return sum;
}

/// nullopt: no collection has ended yet, or what it left cannot be read: then the trees' sum has to do.
std::optional<Note> read_note(Store& store) {
  constexpr std::size_t kLimit = 128;
  const auto text = try_read_file(store.root(), note_path(), kLimit);
  if (!text) return std::nullopt;
  unsigned long long total = 0, trees = 0;
  int missed = 0;
  long long made_at = 0;
  if (std::sscanf(text->c_str(), "%llu %llu %d %lld", &total, &trees, &missed, &made_at) < 3)
    return std::nullopt;
  return Note{total, trees, missed != 0, made_at};
}

std::uint64_t estimate(const std::optional<Note>& note, std::uint64_t tree_bytes) {
  if (!note) return tree_bytes;
  if (tree_bytes >= note->tree_bytes) return note->total_bytes + (tree_bytes - note->tree_bytes);
  const std::uint64_t less = note->tree_bytes - tree_bytes;
  return note->total_bytes > less ? note->total_bytes - less : 0;
}

}  // namespace

void note_size(Store& store, std::uint64_t total_bytes, bool has_missed_cap) {
  try {
    replace_file(store.root(), note_path(),
                 format_text("{} {} {} {}\n", total_bytes, bytes_of_trees(store), has_missed_cap ? 1 : 0,
                             store.clock().now().time_since_epoch().count()),
                 0600);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::no_space) throw;  // an older note does
  }
}

std::optional<std::int64_t> last_collection_ns(Store& store) {
  const auto note = read_note(store);
  if (!note || note->made_at_ns == 0) return std::nullopt;
  return note->made_at_ns;
}

bool is_collection_due(Store& store, const Policy& policy) {
  if (store.is_read_only() || (!policy.max_size && !policy.min_free)) return false;
  struct statvfs disk {};
  if (fstatvfs(store.root(), &disk) != 0) throw_errno(errno, "look at the disk of", store.path());
  const std::uint64_t size = std::uint64_t{disk.f_blocks} * disk.f_frsize;
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const auto note = read_note(store);
  const std::int64_t now = store.clock().now().time_since_epoch().count();
  if (note && note->has_missed_cap && now - note->made_at_ns < kPatience && now >= note->made_at_ns)
    return false;
  if (policy.min_free && free < policy.min_free->of(size)) return true;
  return policy.max_size && estimate(note, bytes_of_trees(store)) > policy.max_size->of(size);
}

}  // namespace envstore

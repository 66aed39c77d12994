#include "gc/census/collection_note.h"

#include <cstdio>
#include <string>

#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

std::string note_path() {
  return store_paths::kCollectionNote;
}

}  // namespace

std::uint64_t bytes_of_trees(const StoreReader& store) {
  std::uint64_t sum = 0;
  store.index().read_in_slices().each_tree([&](const TreeId&, const TreeRow& tree) {
    sum += tree.bytes;
    return true;
  });
  return sum;
}

void write_collection_note(StoreWriter& store, std::uint64_t total_bytes, bool has_missed_cap) {
  try {
    replace_file(store.root(), note_path(),
                 format_text("{} {} {} {}\n", total_bytes, bytes_of_trees(store), has_missed_cap ? 1 : 0,
                             store.clock().now().time_since_epoch().count()),
                 0600);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::no_space) throw;
  }
}

std::optional<CollectionNote> read_collection_note(const StoreReader& store) {
  constexpr std::size_t kLimit = 128;
  const auto text = try_read_file(store.root(), note_path(), kLimit);
  if (!text) return std::nullopt;
  unsigned long long total = 0, trees = 0;
  int missed = 0;
  long long made_at = 0;
  if (std::sscanf(text->c_str(), "%llu %llu %d %lld", &total, &trees, &missed, &made_at) < 3)
    return std::nullopt;
  return CollectionNote{total, trees, missed != 0, made_at};
}

std::optional<std::int64_t> last_collection_ns(const StoreReader& store) {
  const auto note = read_collection_note(store);
  if (!note || note->made_at_ns == 0) return std::nullopt;
  return note->made_at_ns;
}

}  // namespace envstore

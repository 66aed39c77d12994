#include "gc/census/overhead_bytes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gc/census/block.h"
#include "store/objects/slot_ledger.h"
#include "store/platform/folders.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::uint64_t kFoldersOfALayout = 10 * kBlock;
constexpr std::uint64_t kFilesOfATree = 3 * kBlock;  // the manifest, tree.json, the ledger
// Measured with 3,249 files of 11 distributions: the space of their folders and links to slots, per
// file.
constexpr std::uint64_t kFoldersAFile = 800, kSlotsAFile = 400;

std::uint64_t blocks_of(int directory, const std::string& path) {
  struct stat facts {};
  if (fstatat(directory, path.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return 0;
  constexpr std::uint64_t kUnit = 512;  // unit of st_blocks, independent of the filesystem's block size
  return static_cast<std::uint64_t>(facts.st_blocks) * kUnit;
}

/// Files that root's programs (test runners, caches) wrote into slots: the mode of a slot does not keep root
/// out.
std::uint64_t foreign_bytes(const StoreReader& store, const std::string& owner,
                            const std::unordered_map<std::string_view, std::uint64_t>& compiled) {
  std::uint64_t bytes = 0;
  for (const DirectoryEntry& slot : list_folder(store.root(), owner)) {
    if (slot.type != DT_DIR) continue;
    for (const DirectoryEntry& file : list_folder(store.root(), owner + "/" + slot.name)) {
      const std::string name = slot.name + "/" + file.name;
      if (!compiled.contains(name)) bytes += blocks_of(store.root(), owner + "/" + name);
    }
  }
  return bytes;
}

}  // namespace

std::uint64_t tree_folder_bytes(std::uint64_t files) {
  return kFilesOfATree + (kFoldersAFile + kSlotsAFile) * files;
}

std::uint64_t layout_folder_bytes(Layout layout, std::uint64_t files, std::uint64_t top_level_names) {
  return kFoldersOfALayout + (layout == Layout::farm ? kBlock * top_level_names : kFoldersAFile * files);
}

std::uint64_t bytecode_bytes(const StoreReader& store, const std::string& owner) {
  constexpr std::size_t kLargestLedger = std::size_t{256} << 20;
  const std::string ledger = owner + "/" + store_paths::kSlotLedger;
  if (!stat_at(store.root(), ledger, Links::do_not_follow)) return 0;  // the folder may be missing, too
  const auto text = try_read_file(store.root(), ledger, kLargestLedger);
  const auto compiled = derived_sizes(text ? std::string_view(*text) : std::string_view());
  std::uint64_t bytes = 0;
  for (const auto& [name, size] : compiled) bytes += on_disk(size);
  if (geteuid() == 0) bytes += foreign_bytes(store, owner, compiled);
  return bytes;
}

std::uint64_t index_bytes(const StoreReader& store) {
  const std::string data = std::string("/") + store_paths::kEnvironmentData;
  std::uint64_t bytes = blocks_of(store.root(), std::string(store_paths::kIndex) + data);
  for (const DirectoryEntry& boot : list_folder(store.root(), store_paths::kVolatile))
    bytes += blocks_of(store.root(), std::string(store_paths::kVolatile) + "/" + boot.name + data);
  return bytes;
}

}  // namespace envstore

#include "store/objects/tree.h"

#include <zstd.h>
#include <algorithm>
#include <cstring>

#include "store/platform/error.h"
#include "store/platform/format.h"

// The manifest's bytes; do not change the values, a tree's id is their SHA-256:
//   "envtree1", u32 count, then for each file in the order of path bytes:
//   u16 length of path, path, u8 executable, 32 bytes blob, u64 size. Integers are little-endian.

namespace envstore {
namespace {

constexpr std::string_view kMagic = "envtree1";
constexpr std::size_t kFixedPart = 2 + 1 + 32 + 8;
constexpr std::size_t kLongestPath = 4000;
constexpr std::size_t kLongestComponent = 255;
constexpr std::size_t kLargestManifest = std::size_t{1} << 30;

template <class Number>
void append_number(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  std::string_view take(std::size_t size) {
    if (size > rest_.size())
      throw Error(ErrorKind::damaged, "cannot read a tree's manifest: it ends too early");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Number>
  Number number() {
    const std::string_view bytes = take(sizeof(Number));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      value |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    return static_cast<Number>(value);
  }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

bool is_safe_component(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name != store_paths::kSlotLink &&
         name.size() <= kLongestComponent;
}

bool is_in_a_part(std::string_view path) {
  for (const char* part :
       {store_paths::kTreeSite, store_paths::kTreeBin, store_paths::kTreeData, store_paths::kTreeInclude}) {
    const std::string_view name = part;
    if (path.size() > name.size() + 1 && path.starts_with(name) && path[name.size()] == '/') return true;
  }
  return false;
}

[[noreturn]] void refuse(std::string_view path, std::string_view reason) {
  throw Error(ErrorKind::invalid_input, format_text("cannot make a tree with '{}': {}", path, reason));
}

void check_paths(const std::vector<TreeEntry>& entries) {
  const TreeEntry* previous = nullptr;
  for (const TreeEntry& entry : entries) {
    if (!is_safe_path(entry.path)) refuse(entry.path, "the path is not safe");
    if (!is_in_a_part(entry.path)) refuse(entry.path, "it is outside of site, bin, data and include");
    if (previous != nullptr && previous->path == entry.path) refuse(entry.path, "the path occurs twice");
    previous = &entry;
  }
}

/// `a` and `a/b` are not necessarily adjacent: `a-c` sorts between them.
void check_no_file_is_a_directory(const std::vector<TreeEntry>& entries) {
  std::string_view parent_seen;
  for (const TreeEntry& entry : entries) {
    const std::string_view path = entry.path;
    const std::string_view parent = path.substr(0, path.rfind('/'));
    if (parent == parent_seen) continue;
    parent_seen = parent;
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
      const std::string_view directory = path.substr(0, slash);
      const auto same =
          std::lower_bound(entries.begin(), entries.end(), directory,
                           [](const TreeEntry& e, std::string_view wanted) { return e.path < wanted; });
      if (same != entries.end() && same->path == directory)
        refuse(directory, "it is a file and a directory at once");
    }
  }
}

}  // namespace

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > kLongestPath) return false;
  if (path.find('\0') != std::string_view::npos || path.find('\\') != std::string_view::npos) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_safe_component(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

TreeManifest::TreeManifest(std::vector<TreeEntry> entries) : entries_(std::move(entries)) {
  std::sort(entries_.begin(), entries_.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  check_paths(entries_);
  check_no_file_is_a_directory(entries_);
}

std::string TreeManifest::encode() const {
  std::string out{kMagic};
  append_number(out, static_cast<std::uint32_t>(entries_.size()));
  for (const TreeEntry& entry : entries_) {
    append_number(out, static_cast<std::uint16_t>(entry.path.size()));
    out += entry.path;
    append_number(out, static_cast<std::uint8_t>(entry.executable));
    out.append(reinterpret_cast<const char*>(entry.blob.bytes.data()), entry.blob.bytes.size());
    append_number(out, entry.size);
  }
  return out;
}

std::string TreeManifest::compressed() const {
  constexpr int kLevel = 3;
  const std::string bytes = encode();
  std::string result(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(result.data(), result.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0) throw Error(ErrorKind::io, "cannot compress a tree's manifest");
  result.resize(size);
  return result;
}

TreeManifest TreeManifest::decode(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.take(kMagic.size()) != kMagic)
    throw Error(ErrorKind::damaged, "cannot read a tree's manifest: it does not begin like one");
  const auto count = reader.number<std::uint32_t>();
  if (count > reader.left() / kFixedPart)
    throw Error(ErrorKind::damaged, "cannot read a tree's manifest: it ends too early");
  std::vector<TreeEntry> entries(count);
  bool is_sorted = true;
  for (std::size_t i = 0; i < count; ++i) {
    TreeEntry& entry = entries[i];
    entry.path = reader.take(reader.number<std::uint16_t>());
    const auto executable = reader.number<std::uint8_t>();
    if (executable > 1) throw Error(ErrorKind::damaged, "cannot read a tree's manifest: an unknown mode");
    entry.executable = static_cast<Executable>(executable);
    const std::string_view blob = reader.take(entry.blob.bytes.size());
    std::memcpy(entry.blob.bytes.data(), blob.data(), blob.size());
    entry.size = reader.number<std::uint64_t>();
    is_sorted = is_sorted && (i == 0 || entries[i - 1].path < entry.path);
  }
  if (reader.left() != 0 || !is_sorted)
    throw Error(ErrorKind::damaged, "cannot read a tree's manifest: it is not canonical");
  try {
    return TreeManifest(std::move(entries));
  } catch (const Error& error) {
    throw Error(ErrorKind::damaged, error.what());
  }
}

TreeManifest TreeManifest::load(const StoreReader& store, const TreeId& id) {
  const std::string path = store_paths::tree(id) + "/" + store_paths::kTreeManifest;
  const auto damaged = [&](std::string_view reason) {
    return Error(ErrorKind::damaged, format_text("cannot read '{}/{}': {}", store.path(), path, reason),
                 "`envstore verify --repair` finds and repairs what was changed in the store");
  };
  const std::string compressed = read_file(store.root(), path);
  const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kLargestManifest)
    throw damaged("it is not a manifest");
  std::string bytes(size, '\0');
  const std::size_t written =
      ZSTD_decompress(bytes.data(), bytes.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(written) != 0 || written != size) throw damaged("it cannot be decompressed");
  if (TreeId{sha256(as_bytes(bytes))} != id) throw damaged("its content is not what its name says");
  return decode(bytes);
}

TreeId TreeManifest::id() const {
  return TreeId{sha256(as_bytes(encode()))};
}

}  // namespace envstore

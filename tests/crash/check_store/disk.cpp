#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <stdexcept>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "reader.h"

namespace check {
namespace {

constexpr std::size_t kLargestManifest = std::size_t{1} << 30;

std::string decompressed(const std::string& packed) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kLargestManifest)
    throw Malformed("it is no frame of zstd with a size");
  std::string bytes(size, '\0');
  const std::size_t got = ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size) throw Malformed("it cannot be decompressed");
  return bytes;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

std::string fingerprint_of(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  return hex({reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest});
}

std::string read_whole(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
  std::string bytes;
  char buffer[1 << 16];
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof buffer)) > 0) bytes.append(buffer, static_cast<std::size_t>(got));
  const int error = errno;
  close(fd);
  if (got < 0) throw std::runtime_error(path + ": " + std::strerror(error));
  return bytes;
}

std::optional<std::set<std::string>> snapshots_in_lease_file(const std::string& path) {
  if (!is_there(path)) return std::nullopt;
  const std::string text = read_whole(path);
  std::istringstream lines(text);
  std::string first, kind, what, id;
  std::uint64_t pid = 0, made_at = 0, count = 0;
  if (!text.ends_with('\n') || !std::getline(lines, first) || first != "envstore lease 1" ||
      !(lines >> kind >> pid >> made_at >> count) || lines.get() != '\n' || !std::getline(lines, what))
    return std::nullopt;
  std::set<std::string> ids;
  std::uint64_t found = 0;
  for (; std::getline(lines, id); ++found) {
    if (id.size() != 64) return std::nullopt;
    ids.insert(id);
  }
  if (found < count) return std::nullopt;
  return ids;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) throw std::runtime_error(directory + ": " + std::strerror(errno));
  while (const dirent* entry = readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(stream);
  return names;
}

bool is_there(const std::string& path) {
  struct stat facts {};
  return lstat(path.c_str(), &facts) == 0;
}

std::optional<FileFacts> Contents::of(const std::string& path, bool follow) {
  struct stat facts {};
  if (fstatat(AT_FDCWD, path.c_str(), &facts, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (!S_ISREG(facts.st_mode)) return std::nullopt;
  auto [known, is_new] = known_.try_emplace({facts.st_dev, facts.st_ino});
  if (is_new) {
    const std::string bytes = read_whole(path);
    known->second = {bytes.size(), sha256(bytes), fingerprint_of(bytes), facts.st_mode & 07777U};
  }
  return known->second;
}

std::vector<ManifestEntry> read_manifest(const std::string& path, const std::string& id) {
  const std::string bytes = decompressed(read_whole(path));
  if (sha256(bytes) != id) throw Malformed("its SHA-256 is not the tree's name");
  Reader reader(bytes);
  if (reader.take(8) != "envtree1") throw Malformed("it is no manifest");
  std::vector<ManifestEntry> entries;
  reader.list([&] {
    ManifestEntry entry;
    entry.path = reader.take(reader.number(2));
    entry.is_executable = reader.boolean();
    entry.blob = hex(reader.take(32));
    entry.size = reader.number(8);
    if (!entries.empty() && entries.back().path >= entry.path) throw Malformed("it is not sorted");
    entries.push_back(std::move(entry));
  });
  reader.end();
  return entries;
}

}  // namespace check

#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace check {

std::string sha256(std::string_view bytes);
std::string fingerprint_of(std::string_view bytes);
/// Throws std::runtime_error.
std::string read_whole(const std::string& path);
std::vector<std::string> names_in(const std::string& directory);
bool is_there(const std::string& path);  ///< true for a dangling link

struct FileFacts {
  std::uint64_t size = 0;
  std::string sha256, fingerprint;  ///< hex
  unsigned mode = 0;                ///< permissions
};

/// Contents of regular files; each inode is hashed once.
class Contents {
 public:
  /// nullopt: missing or not a regular file. `follow`: follows symbolic links.
  std::optional<FileFacts> of(const std::string& path, bool follow = false);

 private:
  std::map<std::pair<std::uint64_t, std::uint64_t>, FileFacts> known_;
};

/// The snapshots that the file leases/<name> names. nullopt: it is unreadable or malformed.
std::optional<std::set<std::string>> snapshots_in_lease_file(const std::string& path);

struct ManifestEntry {
  std::string path;
  bool is_executable = false;
  std::string blob;
  std::uint64_t size = 0;
};

/// Decompresses trees/<id>/manifest and checks it against the id. Throws std::runtime_error.
std::vector<ManifestEntry> read_manifest(const std::string& path, const std::string& id);

}  // namespace check

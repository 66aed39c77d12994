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
bool is_there(const std::string& path);  ///< a dangling link counts as there

struct FileFacts {
  std::uint64_t size = 0;
  std::string sha256, fingerprint;  ///< hex
  unsigned mode = 0;                ///< permissions
};

/// Contents of regular files, hashed once an inode.
class Contents {
 public:
  /// nullopt: not a regular file, or not there. `follow`: through symbolic links.
  std::optional<FileFacts> of(const std::string& path, bool follow = false);

 private:
  std::map<std::pair<std::uint64_t, std::uint64_t>, FileFacts> known_;
};

/// Of leases/<name>. nullopt: it says nothing.
std::optional<std::set<std::string>> snapshots_in_lease_file(const std::string& path);

struct ManifestEntry {
  std::string path;
  bool is_executable = false;
  std::string blob;
  std::uint64_t size = 0;
};

/// trees/<id>/manifest, decompressed and held against the id. Throws std::runtime_error.
std::vector<ManifestEntry> read_manifest(const std::string& path, const std::string& id);

}  // namespace check

#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envstore {

/// A hash of a file, from a package index, a URL fragment or a requirements file. Algorithms are those that
/// every Python's hashlib has, under its names (PEP 503, PEP 691), except shake_128 and shake_256, whose
/// digests have no fixed length.
struct FileDigest {
  std::string algorithm;
  /// Lower case, of the algorithm's length. Empty: the given text is not a digest of the algorithm, so no
  /// file matches.
  std::string hex;
  auto operator<=>(const FileDigest&) const = default;
  std::string text() const { return algorithm + ":" + hex; }

  /// nullopt: unknown algorithm. `algorithm` and `hex` are case-insensitive.
  static std::optional<FileDigest> read(std::string_view algorithm, std::string_view hex);
};

/// Algorithms by hashlib's names, strong ones first.
struct HashAlgorithm {
  std::string_view name;
  std::size_t digits;
  bool is_strong;
};
inline constexpr std::array<HashAlgorithm, 12> kHashAlgorithms = {{{"sha256", 64, true},
                                                                   {"sha384", 96, true},
                                                                   {"sha512", 128, true},
                                                                   {"sha224", 56, true},
                                                                   {"sha3_224", 56, true},
                                                                   {"sha3_256", 64, true},
                                                                   {"sha3_384", 96, true},
                                                                   {"sha3_512", 128, true},
                                                                   {"blake2b", 128, true},
                                                                   {"blake2s", 64, true},
                                                                   {"md5", 32, false},
                                                                   {"sha1", 40, false}}};

/// Strong means not broken: md5 and sha1 are not.
bool is_strong_algorithm(std::string_view algorithm);
/// `sha256, sha384, ...`: the algorithms that may be required, for messages.
std::string strong_algorithms();

/// Hashes of one file, sorted and unique. Several of one algorithm may contradict each other.
class FileDigests {
 public:
  FileDigests() = default;
  FileDigests(std::initializer_list<FileDigest> hashes);
  void add(FileDigest hash);
  bool contains(const FileDigest& hash) const;
  /// The first hash of the algorithm; nullopt: none.
  std::optional<std::string> digest(std::string_view algorithm) const;
  bool empty() const { return hashes_.empty(); }
  std::size_t size() const { return hashes_.size(); }
  auto begin() const { return hashes_.begin(); }
  auto end() const { return hashes_.end(); }
  bool operator==(const FileDigests&) const = default;

 private:
  std::vector<FileDigest> hashes_;
};

/// The allowed hashes by normalised project name: a file must have one of them.
struct RequiredHashes {
  bool for_all = false;  ///< a project without a hash cannot be installed
  std::map<std::string, FileDigests> allowed = {};

  bool operator==(const RequiredHashes&) const = default;
  /// As in pip, a hash for one project makes hashes required for all.
  bool are_required() const { return for_all || !allowed.empty(); }
  /// Empty if none is given; if hashes are required, no file is then allowed.
  const FileDigests& of(const std::string& name) const;
};

}  // namespace envstore

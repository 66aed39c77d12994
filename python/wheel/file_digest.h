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

/// What an index, an address or a requirements file says of a file's bytes. Algorithms have the names of
/// Python's hashlib, those that every Python has (PEP 503, PEP 691); shake_128 and shake_256 are none,
/// because their digests have no length of their own.
struct FileDigest {
  std::string algorithm;
  /// Lower case, of the algorithm's length. Empty: what was said is no digest of the algorithm, so no file
  /// has it.
  std::string hex;
  auto operator<=>(const FileDigest&) const = default;
  std::string text() const { return algorithm + ":" + hex; }

  /// nullopt: the algorithm is not known. `algorithm` and `hex` in any case of letters.
  static std::optional<FileDigest> read(std::string_view algorithm, std::string_view hex);
};

/// By hashlib's names, the strong ones first.
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

/// Not broken: md5 and sha1 prove nothing.
bool is_strong_algorithm(std::string_view algorithm);
/// `sha256, sha384, ...`: what may be demanded, for messages.
std::string strong_algorithms();

/// Hashes of one file, sorted, each once; several of one algorithm may contradict each other.
class FileDigests {
 public:
  FileDigests() = default;
  FileDigests(std::initializer_list<FileDigest> hashes);
  void add(FileDigest hash);
  bool contains(const FileDigest& hash) const;
  /// Of the algorithm, the first; nullopt: none.
  std::optional<std::string> digest(std::string_view algorithm) const;
  bool empty() const { return hashes_.empty(); }
  std::size_t size() const { return hashes_.size(); }
  auto begin() const { return hashes_.begin(); }
  auto end() const { return hashes_.end(); }
  bool operator==(const FileDigests&) const = default;

 private:
  std::vector<FileDigest> hashes_;
};

/// Which hashes a file must have one of, by the normalised name of its project.
struct RequiredHashes {
  bool for_all = false;  ///< a project without one cannot be installed
  std::map<std::string, FileDigests> allowed = {};

  /// As pip has it: one demanded hash demands one of everything.
  bool are_required() const { return for_all || !allowed.empty(); }
  /// Empty where hashes are required and none is given.
  const FileDigests& of(const std::string& name) const;
};

}  // namespace envstore

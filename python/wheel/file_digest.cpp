#include "python/wheel/file_digest.h"

#include <algorithm>

#include "store/platform/text.h"

namespace envstore {
namespace {

const HashAlgorithm* find_algorithm(std::string_view name) {
  const auto found = std::find_if(kHashAlgorithms.begin(), kHashAlgorithms.end(),
                                  [&](const HashAlgorithm& each) { return each.name == name; });
  return found == kHashAlgorithms.end() ? nullptr : found;
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::optional<FileDigest> FileDigest::read(std::string_view algorithm, std::string_view hex) {
  FileDigest hash{to_lower(algorithm), to_lower(hex)};
  const HashAlgorithm* known = find_algorithm(hash.algorithm);
  if (known == nullptr) return std::nullopt;
  if (hash.hex.size() != known->digits || !is_hex(hash.hex)) hash.hex.clear();
  return hash;
}

bool is_strong_algorithm(std::string_view algorithm) {
  const HashAlgorithm* known = find_algorithm(algorithm);
  return known != nullptr && known->is_strong;
}

std::string strong_algorithms() {
  std::string text;
  for (const HashAlgorithm& each : kHashAlgorithms)
    if (each.is_strong) text += (text.empty() ? "" : ", ") + std::string(each.name);
  return text;
}

FileDigests::FileDigests(std::initializer_list<FileDigest> hashes) {
  for (const FileDigest& hash : hashes) add(hash);
}

void FileDigests::add(FileDigest hash) {
  const auto place = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (place == hashes_.end() || *place != hash) hashes_.insert(place, std::move(hash));
}

bool FileDigests::contains(const FileDigest& hash) const {
  return std::binary_search(hashes_.begin(), hashes_.end(), hash);
}

std::optional<std::string> FileDigests::digest(std::string_view algorithm) const {
  const auto found = std::find_if(hashes_.begin(), hashes_.end(),
                                  [&](const FileDigest& hash) { return hash.algorithm == algorithm; });
  return found == hashes_.end() ? std::nullopt : std::optional(found->hex);
}

const FileDigests& RequiredHashes::of(const std::string& name) const {
  static const FileDigests kNone;
  const auto found = allowed.find(name);
  return found == allowed.end() ? kNone : found->second;
}

}  // namespace envstore

#include "python/wheel/record.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "python/wheel/names.h"
#include "store/platform/digest.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

/// By hashlib names. The specification allows nothing weaker than SHA-256.
const EVP_MD* strong_digest(std::string_view algorithm) {
  constexpr std::pair<std::string_view, const EVP_MD* (*)()> kDigests[] = {
      {"sha256", EVP_sha256},      {"sha384", EVP_sha384},     {"sha512", EVP_sha512},
      {"sha3_256", EVP_sha3_256},  {"sha3_384", EVP_sha3_384}, {"sha3_512", EVP_sha3_512},
      {"blake2b", EVP_blake2b512}, {"blake2s", EVP_blake2s256}};
  for (const auto& [name, digest] : kDigests)
    if (name == algorithm) return digest();
  return nullptr;
}

/// RECORD uses urlsafe base64 without padding; old writers add padding, and gmsh's wheels use hexadecimal.
bool spells(std::string_view text, std::span<const std::uint8_t> digest) {
  if (text.size() == 2 * digest.size()) return to_lower(text) == to_hex(digest);
  while (text.ends_with('=')) text.remove_suffix(1);
  return text == urlsafe_base64(digest);
}

/// The member of a RECORD path: backslashes become slashes, a leading `./` is dropped.
std::string member_path(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return path.starts_with("./") ? path.substr(2) : path;
}

/// One kind of harmless irregularity: its first path and its count.
class Oddity {
 public:
  void note(std::string_view path) {
    if (count_++ == 0) first_ = printable(path);
  }
  void tell(std::vector<std::string>& texts, std::string_view archive, std::string_view what) const {
    if (count_ == 0) return;
    const std::string others = count_ > 1 ? format_text(" (and {} more)", count_ - 1) : "";
    texts.push_back(format_text("RECORD of '{}' {}: '{}'{}", printable(archive), what, first_, others));
  }

 private:
  std::string first_;
  std::size_t count_ = 0;
};

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

}  // namespace

std::string urlsafe_base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t pending = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    pending = (pending << 8 | byte) & 0xffff;
    bits += 8;
    while (bits >= 6) out += kDigits[pending >> (bits -= 6) & 63];
  }
  if (bits > 0) out += kDigits[pending << (6 - bits) & 63];
  return out;
}

std::vector<std::uint8_t> record_digest(std::string_view algorithm, std::span<const std::byte> content) {
  std::vector<std::uint8_t> digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  const EVP_MD* const kind = strong_digest(algorithm);
  if (kind == nullptr || EVP_Digest(content.data(), content.size(), digest.data(), &size, kind, nullptr) != 1)
    throw Error(ErrorKind::io, "cannot compute a digest");
  digest.resize(size);
  return digest;
}

bool is_cached_bytecode(std::string_view path) {
  return path.find("__pycache__/") == 0 || path.find("/__pycache__/") != std::string_view::npos;
}

RecordChecker::RecordChecker(std::string_view text, std::string record_path, std::string archive)
    : record_path_(std::move(record_path)), archive_(std::move(archive)) {
  auto parsed = pypackaging::parse_record(text);
  if (!parsed)
    refuse(record_path_, format_text("{} (at byte {})", parsed.error().message, parsed.error().position));
  entries_ = std::move(*parsed);
  for (pypackaging::RecordEntry& entry : entries_) {
    entry.path = member_path(std::move(entry.path));
    entry.algorithm = to_lower(entry.algorithm);
  }
  // Sorted rather than hashed: hostile names can slow down a hash table.
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const auto& a, const auto& b) { return a.path < b.path; });
}

std::span<const pypackaging::RecordEntry> RecordChecker::entries_of(std::string_view path) const {
  const auto begin =
      std::lower_bound(entries_.begin(), entries_.end(), path,
                       [](const auto& entry, std::string_view wanted) { return entry.path < wanted; });
  auto end = begin;
  while (end != entries_.end() && end->path == path) ++end;
  return {begin, end};
}

void RecordChecker::check_member(std::string_view path) const {
  if (needs_no_hash(path) || is_cached_bytecode(path)) return;
  const auto lines = entries_of(path);
  if (lines.empty()) refuse(path, "RECORD does not list it");
  bool has_hash = false;
  for (const pypackaging::RecordEntry& line : lines) {
    has_hash = has_hash || !line.algorithm.empty();
    if (!line.algorithm.empty() && strong_digest(line.algorithm) == nullptr)
      refuse(path, format_text("RECORD has a hash that proves nothing ({}); sha256 or better is required",
                               printable(line.algorithm)));
  }
  if (!has_hash) refuse(path, "RECORD has no hash of it");
}

std::vector<std::string> RecordChecker::check_members(const std::vector<zip::Member>& members) const {
  std::vector<std::string_view> names;
  for (const zip::Member& member : members) {
    names.push_back(member.name);
    check_member(member.name);
  }
  std::sort(names.begin(), names.end());
  Oddity doubled, directories, missing;
  const std::string* before = nullptr;
  for (const pypackaging::RecordEntry& entry : entries_) {
    const std::string& path = entry.path;
    if (before != nullptr && *before == path) doubled.note(path);
    before = &path;
    if (is_cached_bytecode(path)) continue;
    const std::string below = path.ends_with('/') ? path : path + "/";
    const auto next = std::lower_bound(names.begin(), names.end(), below);
    if (path.ends_with('/') || (next != names.end() && next->starts_with(below)))
      directories.note(path);
    else if (!std::binary_search(names.begin(), names.end(), path))
      missing.note(path);
  }
  std::vector<std::string> texts;
  doubled.tell(texts, archive_, "lists a file twice");
  directories.tell(texts, archive_, "lists a directory");
  missing.tell(texts, archive_, "lists a file that is not there");
  return texts;
}

void RecordChecker::check(std::string_view path, std::span<const std::byte> content,
                          const std::array<std::uint8_t, 32>* sha256_of_content) const {
  if (path == record_path_) return;  // it cannot hold its own hash
  for (const pypackaging::RecordEntry& entry : entries_of(path)) {
    if (entry.algorithm.empty()) continue;
    if (entry.size && *entry.size != content.size()) refuse(path, "its size is not the one in RECORD");
    const bool is_known = entry.algorithm == "sha256" && sha256_of_content != nullptr;
    const std::vector<std::uint8_t> digest =
        is_known ? std::vector(sha256_of_content->begin(), sha256_of_content->end())
                 : record_digest(entry.algorithm, content);
    if (!spells(entry.digest, digest)) refuse(path, "its hash is not the one in RECORD");
  }
}

bool RecordChecker::needs_no_hash(std::string_view path) const {
  if (!path.starts_with(record_path_)) return false;
  const std::string_view suffix = path.substr(record_path_.size());
  return suffix.empty() || suffix == ".jws" || suffix == ".p7s";
}

void RecordChecker::refuse(std::string_view path, std::string_view reason) const {
  throw Error(ErrorKind::invalid_input,
              format_text("cannot unpack '{}' of '{}': {}", printable(path), printable(archive_), reason));
}

std::string encode_record(std::vector<RecordLine> lines) {
  std::sort(lines.begin(), lines.end(),
            [](const RecordLine& a, const RecordLine& b) { return a.path < b.path; });
  std::string out;
  for (const RecordLine& line : lines) {
    out += csv_field(line.path);
    out += line.sha256 ? format_text(",sha256={},{}\n", urlsafe_base64(*line.sha256), line.size) : ",,\n";
  }
  return out;
}

}  // namespace envstore

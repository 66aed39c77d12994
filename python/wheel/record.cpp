#include "python/wheel/record.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <unordered_set>

#include "python/wheel/names.h"
#include "store/digest.h"
#include "store/platform/error.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

bool is_strong(std::string_view algorithm) {
  return algorithm == "sha256" || algorithm == "sha384" || algorithm == "sha512";
}

/// Urlsafe base64 without padding is the rule; old writers padded, and gmsh's wheels have hexadecimal digits.
bool spells(std::string_view text, std::span<const std::uint8_t> digest) {
  if (text.size() == 2 * digest.size()) return to_lower(text) == to_hex(digest);
  while (text.ends_with('=')) text.remove_suffix(1);
  return text == urlsafe_base64(digest);
}

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
  const EVP_MD* const kind = algorithm == "sha256"   ? EVP_sha256()
                             : algorithm == "sha384" ? EVP_sha384()
                                                     : EVP_sha512();
  if (EVP_Digest(content.data(), content.size(), digest.data(), &size, kind, nullptr) != 1)
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
    refuse(record_path_, fmt::format("{} (at byte {})", parsed.error().message, parsed.error().position));
  entries_ = std::move(*parsed);
  by_path_.reserve(entries_.size());
  for (const pypackaging::RecordEntry& entry : entries_) {
    by_path_.emplace(entry.path, &entry);
    if (needs_no_hash(entry.path) || is_cached_bytecode(entry.path)) continue;
    if (entry.algorithm.empty()) refuse(entry.path, "RECORD has no hash of it");
    if (!is_strong(entry.algorithm))
      refuse(entry.path,
             fmt::format("RECORD has a hash that proves nothing ({}); sha256 or better is required",
                         printable(entry.algorithm)));
  }
}

void RecordChecker::check_members(const std::vector<ZipMember>& members) const {
  std::unordered_set<std::string_view> present;
  for (const ZipMember& member : members) {
    present.insert(member.name);
    if (!by_path_.contains(member.name) && !needs_no_hash(member.name) && !is_cached_bytecode(member.name))
      refuse(member.name, "RECORD does not list it");
  }
  for (const pypackaging::RecordEntry& entry : entries_)
    if (!present.contains(entry.path) && !is_cached_bytecode(entry.path))
      refuse(entry.path, "RECORD lists it, but it is not there");
}

void RecordChecker::check(std::string_view path, std::span<const std::byte> content,
                          const std::array<std::uint8_t, 32>* sha256_of_content) const {
  const auto found = by_path_.find(path);
  if (found == by_path_.end() || found->second->algorithm.empty()) return;
  const pypackaging::RecordEntry& entry = *found->second;
  if (path == record_path_) return;  // it cannot hold its own hash
  if (entry.size && *entry.size != content.size()) refuse(path, "its size is not the one in RECORD");
  const bool is_known = entry.algorithm == "sha256" && sha256_of_content != nullptr;
  const std::vector<std::uint8_t> digest =
      is_known ? std::vector(sha256_of_content->begin(), sha256_of_content->end())
               : record_digest(entry.algorithm, content);
  if (!spells(entry.digest, digest)) refuse(path, "its hash is not the one in RECORD");
}

bool RecordChecker::needs_no_hash(std::string_view path) const {
  if (!path.starts_with(record_path_)) return false;
  const std::string_view suffix = path.substr(record_path_.size());
  return suffix.empty() || suffix == ".jws" || suffix == ".p7s";
}

void RecordChecker::refuse(std::string_view path, std::string_view reason) const {
  throw Error(ErrorKind::invalid_input,
              fmt::format("cannot unpack '{}' of '{}': {}", printable(path), printable(archive_), reason));
}

std::string encode_record(std::vector<RecordLine> lines) {
  std::sort(lines.begin(), lines.end(),
            [](const RecordLine& a, const RecordLine& b) { return a.path < b.path; });
  std::string out;
  for (const RecordLine& line : lines) {
    out += csv_field(line.path);
    out += line.sha256 ? fmt::format(",sha256={},{}\n", urlsafe_base64(*line.sha256), line.size) : ",,\n";
  }
  return out;
}

}  // namespace envstore

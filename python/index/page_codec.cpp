#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "python/index/simple_page.h"
#include "store/platform/digest.h"
#include "store/platform/error.h"

// The encoding of a page in the store's index. Do not change the values: raise kVersion instead; rows of
// another version are then fetched again.
//
//   "ESP", version (1 byte), XXH3-128 of the decompressed payload (16 bytes), then the payload as one zstd
//   frame: the project's status and its reason, the number of files, then for each file: flags (1 byte),
//   filename, url (without the file name if it ends with it), hashes, and if the flags say so:
//   requires_python, yanked, metadata hashes, size, upload time.
//
// Numbers are LEB128, strings are length-prefixed, hashes are binary because hex does not compress well.
// Rejected: JSON (four times as slow to read), zstd dictionaries (the gain does not justify keeping them).

namespace envstore {
namespace {

constexpr std::string_view kMagic = "ESP";
constexpr char kVersion = 4;
constexpr std::size_t kFingerprintEnd = kMagic.size() + 1 + sizeof(Fingerprint::bytes);
static_assert(kFingerprintEnd == SimplePage::kHeadSize);
constexpr int kCompression = 1;
constexpr std::size_t kLargestPage = std::size_t{512} << 20;

enum Flag : std::uint8_t {
  kHasPython = 1,
  kYanked = 2,
  kHasMetadata = 4,
  kHasSize = 8,
  kHasTime = 16,
  kUrlEndsInName = 32,
};

// Position is the value on disk; only append.
constexpr std::array<std::string_view, 12> kAlgorithms = {"sha256",   "md5",      "sha1",     "sha224",
                                                          "sha384",   "sha512",   "blake2b",  "blake2s",
                                                          "sha3_224", "sha3_256", "sha3_384", "sha3_512"};

[[noreturn]] void damaged(const char* reason) {
  throw Error(ErrorKind::damaged, std::string("cannot read a cached index page: ") + reason);
}

class Writer {
 public:
  void byte(std::uint8_t value) { out_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  void hashes(const FileDigests& hashes) {
    number(hashes.size());
    for (const auto& [algorithm, hex] : hashes) hash(algorithm, hex);
  }
  const std::string& bytes() const { return out_; }

 private:
  void hash(const std::string& algorithm, const std::string& hex) {
    std::size_t which = 0;
    while (which < kAlgorithms.size() && kAlgorithms[which] != algorithm) ++which;
    std::string binary(hex.size() / 2, '\0');
    const std::span<std::uint8_t> target(reinterpret_cast<std::uint8_t*>(binary.data()), binary.size());
    if (which == kAlgorithms.size() || !from_hex(hex, target))
      throw Error(ErrorKind::invalid_input, "cannot keep an index page: unknown hash '" + algorithm + "'");
    byte(static_cast<std::uint8_t>(which));
    text(binary);
  }
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  std::uint8_t byte() {
    if (left_.empty()) damaged("it is too short");
    const auto value = static_cast<std::uint8_t>(left_[0]);
    left_.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7fU} << shift;
      if ((next & 0x80) == 0) return value;
    }
    damaged("a number is too long");
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > left_.size()) damaged("a text is longer than the page");
    const std::string_view value = left_.substr(0, size);
    left_.remove_prefix(size);
    return value;
  }
  FileDigests hashes() {
    FileDigests result;
    for (std::uint64_t count = number(); count > 0; --count) {
      const std::uint8_t which = byte();
      if (which >= kAlgorithms.size()) damaged("it has an unknown hash");
      const std::string_view binary = text();
      result.add({std::string(kAlgorithms[which]),
                  to_hex({reinterpret_cast<const std::uint8_t*>(binary.data()), binary.size()})});
    }
    return result;
  }
  std::size_t left() const { return left_.size(); }

 private:
  std::string_view left_;
};

std::uint8_t flags_of(const IndexFile& file) {
  unsigned flags = 0;
  if (file.requires_python) flags |= kHasPython;
  if (file.yanked) flags |= kYanked;
  if (file.has_metadata) flags |= kHasMetadata;
  if (file.size) flags |= kHasSize;
  if (file.upload_time_ns) flags |= kHasTime;
  if (file.url.ends_with(file.filename)) flags |= kUrlEndsInName;
  return static_cast<std::uint8_t>(flags);
}

void write_file(Writer& out, const IndexFile& file) {
  const std::uint8_t flags = flags_of(file);
  out.byte(flags);
  out.text(file.filename);
  std::string_view url = file.url;
  if (flags & kUrlEndsInName) url.remove_suffix(file.filename.size());
  out.text(url);
  out.hashes(file.hashes);
  if (file.requires_python) out.text(*file.requires_python);
  if (file.yanked) out.text(*file.yanked);
  if (file.has_metadata) out.hashes(file.metadata_hashes);
  if (file.size) out.number(*file.size);
  if (file.upload_time_ns) out.number(static_cast<std::uint64_t>(*file.upload_time_ns));
}

IndexFile read_file(Reader& in) {
  IndexFile file;
  const std::uint8_t flags = in.byte();
  file.filename = in.text();
  file.url = in.text();
  if (flags & kUrlEndsInName) file.url += file.filename;
  file.hashes = in.hashes();
  if (flags & kHasPython) file.requires_python = std::string(in.text());
  if (flags & kYanked) file.yanked = std::string(in.text());
  file.has_metadata = (flags & kHasMetadata) != 0;
  if (file.has_metadata) file.metadata_hashes = in.hashes();
  if (flags & kHasSize) file.size = in.number();
  if (flags & kHasTime) file.upload_time_ns = static_cast<std::int64_t>(in.number());
  return file;
}

std::string compressed(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kCompression);
  if (ZSTD_isError(size))
    throw Error(ErrorKind::io, std::string("cannot compress an index page: ") + ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

std::string decompressed(std::string_view frame) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kLargestPage)
    damaged("it is not a compressed page");
  std::string out(size, '\0');
  const std::size_t written = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(written) || written != size) damaged("it cannot be decompressed");
  return out;
}

}  // namespace

std::string encode_file(const IndexFile& file) {
  Writer out;
  write_file(out, file);
  return out.bytes();
}

IndexFile decode_file(std::string_view bytes) {
  Reader in(bytes);
  IndexFile file = read_file(in);
  if (in.left() != 0) damaged("bytes follow a file");
  return file;
}

std::string SimplePage::encode() const {
  Writer out;
  out.text(status);
  out.text(status_reason);
  out.number(files.size());
  for (const IndexFile& file : files) write_file(out, file);
  const Fingerprint contents = fingerprint(as_bytes(out.bytes()));
  std::string result = std::string(kMagic) + kVersion;
  result.append(reinterpret_cast<const char*>(contents.bytes.data()), contents.bytes.size());
  return result + compressed(out.bytes());
}

std::optional<Fingerprint> SimplePage::contents_of(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kFingerprintEnd || bytes[kMagic.size()] != kVersion)
    return std::nullopt;
  Fingerprint contents;
  std::memcpy(contents.bytes.data(), bytes.data() + kMagic.size() + 1, contents.bytes.size());
  return contents;
}

SimplePage SimplePage::decode(std::string_view bytes) {
  const auto contents = contents_of(bytes);
  if (!contents) damaged("it has another version");
  const std::string plain = decompressed(bytes.substr(kFingerprintEnd));
  if (fingerprint(as_bytes(plain)) != *contents) damaged("its fingerprint is another one");
  Reader in(plain);
  SimplePage page;
  page.status = in.text();
  page.status_reason = in.text();
  const std::uint64_t count = in.number();
  if (count > in.left()) damaged("it has fewer files than it says");
  page.files.reserve(std::min<std::uint64_t>(count, 65'536));
  for (std::uint64_t i = 0; i < count; ++i) page.files.push_back(read_file(in));
  if (in.left() != 0) damaged("bytes follow its last file");
  return page;
}

}  // namespace envstore

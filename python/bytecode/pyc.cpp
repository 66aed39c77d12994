#include "python/bytecode/pyc.h"

#include <bit>
#include <cstring>

#include "store/platform/path_parts.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::string_view kSuffix = ".pyc";
constexpr std::string_view kSourceSuffix = ".py";
constexpr std::size_t kHeaderSize = 16;

static_assert(std::endian::native == std::endian::little);  // true of all machines that envstore supports

template <class Number>
Number little_endian(const std::byte* bytes) {
  Number value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// SipHash (Aumasson, Bernstein) with `c` and `d` rounds and the key (k0, 0).
class SipHash {
 public:
  SipHash(std::uint64_t k0, int c, int d)
      : v0_(k0 ^ 0x736f6d6570736575), v1_(0x646f72616e646f6d), v2_(k0 ^ 0x6c7967656e657261), c_(c), d_(d) {}

  std::uint64_t of(std::span<const std::byte> bytes) {
    const std::size_t whole = bytes.size() / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8) take(little_endian<std::uint64_t>(bytes.data() + i));
    std::uint64_t last = std::uint64_t{bytes.size()} << 56;
    for (std::size_t i = whole; i < bytes.size(); ++i)
      last |= std::uint64_t{std::to_integer<std::uint8_t>(bytes[i])} << (8 * (i - whole));
    take(last);
    v2_ ^= 0xff;
    rounds(d_);
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void take(std::uint64_t word) {
    v3_ ^= word;
    rounds(c_);
    v0_ ^= word;
  }
  void rounds(int count) {
    for (; count > 0; --count) {
      v0_ += v1_, v2_ += v3_;
      v1_ = std::rotl(v1_, 13) ^ v0_, v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v1_, v0_ += v3_;
      v1_ = std::rotl(v1_, 17) ^ v2_, v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  std::uint64_t v0_, v1_, v2_, v3_ = 0x7465646279746573;
  int c_, d_;
};

}  // namespace

std::optional<std::string> PycFiles::source_of(std::string_view name) const {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && name.substr(dot).starts_with(".opt-")) {
    name = name.substr(0, dot);
    dot = name.rfind('.');
  }
  if (dot == std::string_view::npos) return std::nullopt;
  return std::string(name.substr(0, dot));
}

/// Python writes `NAME.pyc.NUMBER` first.
bool PycFiles::is_unfinished(std::string_view name) const {
  if (name.starts_with('.') && name.ends_with(store_paths::kPartSuffix)) return true;
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot + 1 < name.size() && name.substr(0, dot).ends_with(kSuffix) &&
         name.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
}

/// PEP 552: magic number, flags, then either the source's hash or its time and size.
std::optional<DerivedFiles::Origin> PycFiles::origin_of(std::span<const std::byte> bytes) const {
  if (bytes.size() < kHeaderSize) return std::nullopt;
  constexpr std::uint32_t kTimed = 0, kUncheckedHash = 1;
  const auto flags = little_endian<std::uint32_t>(bytes.data() + 4);
  Origin origin;
  origin.kind = flags == kTimed           ? Origin::Kind::stamped
                : flags == kUncheckedHash ? Origin::Kind::hashed
                                          : Origin::Kind::other;
  origin.maker = little_endian<std::uint32_t>(bytes.data());
  origin.source_hash = little_endian<std::uint64_t>(bytes.data() + 8);
  origin.source_mtime = little_endian<std::uint32_t>(bytes.data() + 8);
  origin.source_size = little_endian<std::uint32_t>(bytes.data() + 12);
  return origin;
}

bool PycFiles::is_hash(std::uint64_t hash, std::uint32_t maker, std::span<const std::byte> bytes) const {
  return SipHash(maker, 1, 3).of(bytes) == hash || SipHash(maker, 2, 4).of(bytes) == hash;
}

std::string pyc_name(const std::string& source, const std::string& cache_tag) {
  const std::string name = name_of(source);
  return name.substr(0, name.size() - kSourceSuffix.size()) + "." + cache_tag + std::string(kSuffix);
}

}  // namespace envstore

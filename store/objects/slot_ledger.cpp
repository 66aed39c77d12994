#include "store/objects/bytecode_ledger.h"
#include "store/platform/format.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace envstore {
namespace {

constexpr std::size_t kHeaderSize = 16;
constexpr std::size_t kLargestLedger = std::size_t{256} << 20;

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

template <class Number>
bool take_number(std::string_view& line, Number& value, int base) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, base);
  const auto taken = static_cast<std::size_t>(end - line.data());
  if (error != std::errc() || taken == line.size() || line[taken] != ' ') return false;
  line.remove_prefix(taken + 1);
  return true;
}

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    CompiledFile file;
    if (take_number(line, file.inode, 10) && take_number(line, file.mtime_ns, 10) &&
        take_number(line, file.size, 10) && take_number(line, file.hash, 16))
      visit(line, file);
  }
}

}  // namespace

BytecodeLedger BytecodeLedger::parse(std::string_view text) {
  BytecodeLedger ledger;
  each_line(text,
            [&](std::string_view name, const CompiledFile& file) { ledger.lines_.emplace(name, file); });
  return ledger;
}

std::unordered_map<std::string_view, std::uint64_t> compiled_sizes(std::string_view text) {
  std::unordered_map<std::string_view, std::uint64_t> sizes;
  each_line(text, [&](std::string_view name, const CompiledFile& file) { sizes[name] = file.size; });
  return sizes;
}

BytecodeLedger BytecodeLedger::load(Store& store, const std::string& owner_directory) {
  return parse(try_read_file(store.root(), owner_directory + "/" + store_paths::kSlotLedger, kLargestLedger)
                   .value_or(std::string()));
}

std::string ledger_line(const std::string& name, const CompiledFile& file) {
  return format_text("\n{} {} {} {:016x} {}\n", file.inode, file.mtime_ns, file.size, file.hash, name);
}

bool is_python_hash(std::uint64_t hash, std::uint32_t magic, std::span<const std::byte> bytes) {
  return SipHash(magic, 1, 3).of(bytes) == hash || SipHash(magic, 2, 4).of(bytes) == hash;
}

bool PycHeader::read(std::span<const std::byte> bytes, PycHeader& header) {
  if (bytes.size() < kHeaderSize) return false;
  header.magic = little_endian<std::uint32_t>(bytes.data());
  header.flags = little_endian<std::uint32_t>(bytes.data() + 4);
  header.source_hash = little_endian<std::uint64_t>(bytes.data() + 8);
  header.source_mtime = little_endian<std::uint32_t>(bytes.data() + 8);
  header.source_size = little_endian<std::uint32_t>(bytes.data() + 12);
  return true;
}

}  // namespace envstore

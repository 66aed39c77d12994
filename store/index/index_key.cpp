#include "store/index/index_key.h"

#include "store/platform/codec.h"

namespace envstore::index {
namespace {

constexpr std::size_t kLongestText = 400;  // LMDB's keys have at most 511 bytes; a truncated text takes 416

std::string_view view_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string key_of(Table table) {
  return {static_cast<char>(table)};
}

std::string key_of(Table table, std::span<const std::uint8_t> bytes) {
  return key_of(table).append(view_of(bytes));
}

std::string key_of(Table table, std::string_view text) {
  if (text.size() <= kLongestText) return key_of(table).append(text);
  // Longer than any untruncated key, so the two cannot be equal.
  return key_of(table)
      .append(text.substr(0, kLongestText))
      .append(view_of(fingerprint(as_bytes(text)).bytes));
}

void id_from_key(std::string_view key, std::size_t offset, std::span<std::uint8_t> out) {
  if (key.size() < offset + out.size()) Decoder::fail();
  std::memcpy(out.data(), key.data() + offset, out.size());
}

VolatileEntry parse_entry(std::string_view bytes) {
  Decoder decoder(bytes);
  const auto state = decoder.number<std::uint8_t>();
  if (state > 1) Decoder::fail();
  const auto first = decoder.number<std::uint64_t>();
  const auto transaction = decoder.number<std::uint64_t>();
  return {static_cast<VolatileEntry::State>(state), first, transaction, decoder.rest()};
}

std::string make_entry(const VolatileEntry& entry) {
  Encoder encoder;
  encoder.number(static_cast<std::uint8_t>(entry.state));
  encoder.number(entry.first);
  encoder.number(entry.transaction);
  encoder.raw(entry.row);
  return encoder.finish();
}

}  // namespace envstore::index

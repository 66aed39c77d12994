#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace envstore {

std::string to_hex(std::span<const std::uint8_t> bytes);
/// Exactly 2*N lower- or upper-case digits, else false.
bool from_hex(std::string_view text, std::span<std::uint8_t> out);

/// A SHA-256 with a type tag: the ids of blobs, trees, snapshots and wheels are distinct types.
template <class Tag>
struct Id {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Id&) const = default;
  std::string hex() const { return to_hex(bytes); }
  static std::optional<Id> parse(std::string_view text) {
    Id id;
    if (!from_hex(text, id.bytes)) return std::nullopt;
    return id;
  }
};
using BlobId = Id<struct BlobTag>;
using TreeId = Id<struct TreeTag>;
using SnapshotId = Id<struct SnapshotTag>;
using WheelHash = Id<struct WheelTag>;

/// XXH3-128, canonical (big-endian) bytes: the scrub fingerprint of blobs and the keys of requests.
struct Fingerprint {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Fingerprint&) const = default;
  std::string hex() const { return to_hex(bytes); }
};

/// SHA-256 through OpenSSL EVP, without loading OpenSSL's configuration file. Use one instance per thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::span<const std::byte> bytes);
  std::array<std::uint8_t, 32> finish();  ///< also resets the state for the next digest

 private:
  void* context_;
};

std::array<std::uint8_t, 32> sha256(std::span<const std::byte> bytes);
Fingerprint fingerprint(std::span<const std::byte> bytes);
inline std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace envstore

template <class Tag>
struct std::hash<envstore::Id<Tag>> {
  std::size_t operator()(const envstore::Id<Tag>& id) const noexcept {
    std::size_t value;
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};

#include "python/resolve/candidates.h"
#include "store/platform/codec.h"
#include "store/platform/error.h"

// Candidates in the store's index. Do not change the values: raise kVersion instead; old rows are then made
// again.
//
//   version(u8), status, count, then for each version, ascending:
//   version text, usability(u8), yanked(u8), yanked_reason, detail, advice, file as in a page or empty
//
// In the grammar of records (store/platform/codec.h). Rejected: compression (a row is read for each package
// of a resolution; the pages beside it are far larger).

namespace envstore {
namespace {

using pypackaging::OfferedVersion;
using pypackaging::Usability;
using pypackaging::Version;

constexpr std::uint8_t kVersion = 3;
constexpr std::size_t kSmallestEntry = 5 * sizeof(std::uint32_t) + 2;

OfferedVersion read_offer(Decoder& in) {
  auto version = Version::parse(in.text());
  if (!version) Decoder::fail();
  OfferedVersion offer{std::move(*version)};
  const auto usability = in.number<std::uint8_t>();
  if (usability > static_cast<std::uint8_t>(Usability::unreadable)) Decoder::fail();
  offer.usability = static_cast<Usability>(usability);
  offer.yanked = in.number<std::uint8_t>() != 0;
  offer.yanked_reason = in.text();
  offer.detail = in.text();
  offer.advice = in.text();
  return offer;
}

}  // namespace

std::string Candidates::encode() const {
  Encoder out;
  out.number(kVersion);
  out.text(offer_.status);
  out.count(offer_.versions.size());
  for (std::size_t i = 0; i < offer_.versions.size(); ++i) {
    const OfferedVersion& offer = offer_.versions[i];
    out.text(offer.version.canonical());
    out.number(static_cast<std::uint8_t>(offer.usability));
    out.number(static_cast<std::uint8_t>(offer.yanked));
    out.text(offer.yanked_reason);
    out.text(offer.detail);
    out.text(offer.advice);
    out.text(std::string_view(bytes_).substr(slices_[i].offset, slices_[i].size));
  }
  return out.finish();
}

Candidates Candidates::decode(std::string bytes, std::string where) {
  Candidates result;
  result.bytes_ = std::move(bytes);
  result.offer_.where = std::move(where);
  Decoder in(result.bytes_);
  if (in.number<std::uint8_t>() != kVersion) Decoder::fail();
  result.offer_.status = in.text();
  const std::size_t count = in.count(kSmallestEntry);
  result.offer_.versions.reserve(count);
  result.slices_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    result.offer_.versions.push_back(read_offer(in));
    const auto& versions = result.offer_.versions;
    if (i > 0 && !(versions[i - 1].version < versions[i].version)) Decoder::fail();
    const std::string_view file = in.text();
    result.slices_.push_back({static_cast<std::size_t>(file.data() - result.bytes_.data()), file.size()});
  }
  in.finish();
  return result;
}

}  // namespace envstore

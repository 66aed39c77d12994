#include "python/index/remote_wheel.h"

#include <algorithm>
#include <charconv>

#include "python/index/http_status.h"
#include "store/platform/digest.h"
#include "store/platform/error.h"
#include "zip/tail.h"

namespace envstore {
namespace {

constexpr std::uint64_t kFirstTail = 16 * 1024;
constexpr std::uint64_t kLargestRead = std::uint64_t{64} << 20;

std::optional<std::uint64_t> read_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// Parses `bytes FIRST-LAST/TOTAL` (RFC 9110 section 14.4); nullopt: malformed, or it contradicts the body.
std::optional<RemoteWheel::Piece> read_piece(HttpResponse& response) {
  const auto header = response.headers.find("content-range");
  if (header == response.headers.end()) return std::nullopt;
  std::string_view text = header->second;
  if (!skip(text, "bytes ")) return std::nullopt;
  const auto first = read_number(text);
  if (!first || !skip(text, "-")) return std::nullopt;
  const auto last = read_number(text);
  if (!last || !skip(text, "/")) return std::nullopt;
  const auto total = read_number(text);
  if (!total || !text.empty() || *last < *first || *last >= *total ||
      *last - *first + 1 != response.body.size())
    return std::nullopt;
  return RemoteWheel::Piece{std::move(response.body), *first, *total};
}

}  // namespace

bool RemoteWheel::open() {
  std::optional<Piece> tail = fetch({std::nullopt, kFirstTail});
  if (!tail || tail->offset + tail->bytes.size() != tail->total) return false;
  tail_ = std::move(*tail);
  if (file_.size && *file_.size != tail_.total)
    throw Error(ErrorKind::invalid_input, "cannot read '" + file_.filename + "': it has " +
                                              std::to_string(tail_.total) + " bytes, the index says " +
                                              std::to_string(*file_.size));
  std::optional<std::vector<zip::Member>> members = read_directory();
  if (!members) return false;
  members_ = std::move(*members);
  return true;
}

/// nullopt: the server does not support the range.
std::optional<RemoteWheel::Piece> RemoteWheel::fetch(const ByteRange& range) {
  HttpRequest request;
  request.url = file_.url;
  request.range = range;
  HttpResponse response = http_.start(std::move(request)).get();
  if (response.status == 206) return read_piece(response);
  // The server may return a file shorter than the suffix range whole.
  if (response.status == 200 && !range.first && !response.body.empty()) {
    const std::uint64_t size = response.body.size();
    return Piece{std::move(response.body), 0, size};
  }
  if (response.status == 401 || response.status == 403 || is_not_found(response) || response.status == 429)
    throw_for_status(response, file_.url);
  return std::nullopt;
}

std::optional<std::vector<zip::Member>> RemoteWheel::read_directory() {
  // Extends the tail at most twice: for end records before a long comment or Zip64 records, then for the
  // directory to which they point.
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::uint64_t needs_from = 0;
    auto members =
        read_wheel_tail(as_bytes(tail_.bytes), tail_.offset, tail_.total, needs_from, file_.filename);
    if (members) return members;
    if (needs_from >= tail_.offset || !extend_to(needs_from)) return std::nullopt;
  }
  return std::nullopt;
}

bool RemoteWheel::extend_to(std::uint64_t from) {
  if (tail_.total - from > kLargestRead) return false;
  std::optional<Piece> rest = fetch({from, tail_.offset - 1});
  if (!rest || rest->offset != from || rest->bytes.size() != tail_.offset - from ||
      rest->total != tail_.total)
    return false;
  tail_.bytes.insert(0, rest->bytes);
  tail_.offset = from;
  return true;
}

std::optional<std::string> RemoteWheel::read(const zip::Member& member) {
  std::uint64_t needs = zip::member_reach(member);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::optional<std::string> bytes = read_from(member.data_offset, needs);
    if (!bytes) return std::nullopt;
    if (auto text = read_wheel_member(as_bytes(*bytes), member, needs, file_.filename)) return text;
  }
  throw Error(ErrorKind::invalid_input,
              "cannot read '" + member.name + "' of '" + file_.filename + "': it is cut short");
}

/// `size` bytes from `offset`, fewer at the end of the file.
std::optional<std::string> RemoteWheel::read_from(std::uint64_t offset, std::uint64_t size) {
  if (offset >= tail_.total) return std::string();
  const std::uint64_t end = offset + std::min(size, tail_.total - offset);
  std::string bytes;
  if (offset < tail_.offset) {
    std::optional<Piece> piece = fetch({offset, std::min(end, tail_.offset) - 1});
    if (!piece || piece->offset != offset) return std::nullopt;
    bytes = std::move(piece->bytes);
  }
  if (end > tail_.offset) {
    const std::uint64_t from = std::max(offset, tail_.offset);
    bytes += std::string_view(tail_.bytes).substr(from - tail_.offset, end - from);
  }
  return bytes;
}

}  // namespace envstore

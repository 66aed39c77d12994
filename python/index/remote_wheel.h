#pragma once
#include <optional>
#include <string>
#include <vector>

#include "python/index/simple_page.h"
#include "python/network/http.h"
#include "python/wheel/wheel.h"

namespace envstore {

/// A wheel at a URL, read by ranges: a suffix range, the central directory, and then single members. Errors
/// are those of the index client.
class RemoteWheel {
 public:
  /// Both must outlive it.
  RemoteWheel(HttpClient& http, const IndexFile& file) : http_(http), file_(file) {}

  /// Reads the directory. False: the server does no ranges.
  bool open();
  const std::vector<ZipMember>& members() const { return members_; }
  std::uint64_t size() const { return tail_.total; }  ///< of the whole file
  /// Exactly the member's bytes are asked for (and a little more where its local header may be longer),
  /// unless they came with the tail. nullopt: the server does no ranges.
  std::optional<std::string> read(const ZipMember& member);

  /// The bytes [offset, offset + size) of a file of `total` bytes.
  struct Piece {
    std::string bytes;
    std::uint64_t offset = 0, total = 0;
  };

 private:
  std::optional<Piece> fetch(const ByteRange& range);
  std::optional<TailDirectory> read_directory();
  bool extend_to(std::uint64_t from);
  std::optional<std::string> read_from(std::uint64_t offset, std::uint64_t size);

  HttpClient& http_;
  const IndexFile& file_;
  Piece tail_;
  std::vector<ZipMember> members_;
};

}  // namespace envstore

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "python/index/simple_page.h"
#include "python/network/http.h"
#include "python/wheel/wheel_archive.h"

namespace envstore {

/// A remote wheel, read by ranges: a suffix range, the central directory, then single members. Throws the
/// errors of IndexClient.
class RemoteWheel {
 public:
  /// `http` and `file` must outlive it.
  RemoteWheel(HttpClient& http, const IndexFile& file) : http_(http), file_(file) {}

  /// Reads the central directory. False: the server does not support ranges.
  bool open();
  const std::vector<zip::Member>& members() const { return members_; }
  std::uint64_t size() const { return tail_.total; }  ///< of the whole file
  /// Requests only the member's bytes (and a margin for its local header), unless the tail already contains
  /// them. nullopt: the server does not support ranges.
  std::optional<std::string> read(const zip::Member& member);

  /// The bytes [offset, offset + size) of a file of `total` bytes.
  struct Piece {
    std::string bytes;
    std::uint64_t offset = 0, total = 0;
  };

 private:
  std::optional<Piece> fetch(const ByteRange& range);
  std::optional<std::vector<zip::Member>> read_directory();
  bool extend_to(std::uint64_t from);
  std::optional<std::string> read_from(std::uint64_t offset, std::uint64_t size);

  HttpClient& http_;
  const IndexFile& file_;
  Piece tail_;
  std::vector<zip::Member> members_;
};

}  // namespace envstore

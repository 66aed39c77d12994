#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace envstore {

/// The queue of waiting wheels. Order: required before prefetched, then larger before smaller, then first in,
/// first out.
class FetchQueue {
 public:
  enum class Need { prefetched, required };
  struct Item {
    std::string url;
    std::uint64_t size = 0;
    Need need = Need::required;
  };

  void add(Item item) { items_.push_back(std::move(item)); }
  void require(const std::string& url);
  void drop_prefetched();
  void clear() { items_.clear(); }
  /// Removes and returns the first item for which `may_go` holds.
  std::optional<Item> take(const std::function<bool(const Item&)>& may_go);

 private:
  std::vector<Item> items_;
};

/// Bounds the number of concurrent downloads. Small ones are many; large ones are few, so that the first are
/// complete and can be unpacked while the others arrive, but not only one, because a server may be slow on
/// each connection.
class DownloadLimit {
 public:
  bool admits(std::uint64_t size) const;
  void begin(std::uint64_t size);
  void end(std::uint64_t size);

 private:
  std::size_t count_ = 0, large_ = 0;
  std::uint64_t large_bytes_ = 0;
};

}  // namespace envstore

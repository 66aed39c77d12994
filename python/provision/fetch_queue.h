#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace envstore {

/// Which of the wheels that wait comes next: what is wanted before what is only prefetched, then the larger
/// one, then the one that came first.
class FetchQueue {
 public:
  enum class Need { prefetched, wanted };
  struct Item {
    std::string url;
    std::uint64_t size = 0;
    Need need = Need::wanted;
  };

  void add(Item item) { items_.push_back(std::move(item)); }
  void require(const std::string& url);
  void drop_foreseen();
  void clear() { items_.clear(); }
  /// The first for which `may_go` holds; it is not in the queue any more.
  std::optional<Item> take(const std::function<bool(const Item&)>& may_go);

 private:
  std::vector<Item> items_;
};

/// Bounds how many downloads are on their way at once. Small ones are many; large ones few, so that the first
/// are whole, and can be unpacked, while the others arrive. Several all the same: a server may be slow with
/// each.
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

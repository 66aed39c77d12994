#include "python/provision/fetch_queue.h"

#include <algorithm>

namespace envstore {
namespace {

constexpr std::size_t kMostDownloads = 50;  // as many as the network code has in flight
constexpr std::uint64_t kLarge = std::uint64_t{1} << 20;
constexpr std::size_t kFewestLarge = 2;
constexpr std::uint64_t kEnoughBytes = std::uint64_t{16} << 20;

bool goes_before(const FetchQueue::Item& a, const FetchQueue::Item& b) {
  return a.need != b.need ? a.need > b.need : a.size > b.size;
}

}  // namespace

void FetchQueue::require(const std::string& url) {
  for (Item& item : items_)
    if (item.url == url) item.need = Need::required;
}

void FetchQueue::drop_prefetched() {
  std::erase_if(items_, [](const Item& item) { return item.need == Need::prefetched; });
}

std::optional<FetchQueue::Item> FetchQueue::take(const std::function<bool(const Item&)>& may_go) {
  auto best = items_.end();
  for (auto it = items_.begin(); it != items_.end(); ++it)
    if (may_go(*it) && (best == items_.end() || goes_before(*it, *best))) best = it;
  if (best == items_.end()) return std::nullopt;
  Item item = std::move(*best);
  items_.erase(best);
  return item;
}

bool DownloadLimit::admits(std::uint64_t size) const {
  if (count_ >= kMostDownloads) return false;
  return size < kLarge || large_ < kFewestLarge || large_bytes_ < kEnoughBytes;
}

void DownloadLimit::begin(std::uint64_t size) {
  ++count_;
  if (size < kLarge) return;
  ++large_;
  large_bytes_ += size;
}

void DownloadLimit::end(std::uint64_t size) {
  --count_;
  if (size < kLarge) return;
  --large_;
  large_bytes_ -= size;
}

}  // namespace envstore

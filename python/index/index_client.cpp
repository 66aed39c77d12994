#include "python/index/index_client.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "python/index/download.h"
#include "python/index/lazy_http.h"
#include "python/index/memory_budget.h"
#include "python/index/metadata_finder.h"
#include "python/index/page_cache.h"
#include "python/index/project_finder.h"
#include "python/network/url.h"
#include "store/platform/error.h"
#include "store/platform/thread_pool.h"

namespace envstore {
namespace {

// More than HttpSettings::max_in_flight, so that no transfer waits for a thread here.
constexpr unsigned kMostWaiting = 64;
constexpr std::uint64_t kLargestInMemory = std::uint64_t{64} << 20;
constexpr std::uint64_t kMostInMemory = std::uint64_t{192} << 20;

/// Downloads waiting to be unpacked use at most a sixteenth of physical memory.
std::uint64_t memory_for_downloads() {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return 0;
  return std::min(kMostInMemory, static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 16);
}

/// Shares one result among all requests for the same key.
template <class Value>
class SingleFlight {
 public:
  using Promise = std::shared_ptr<std::promise<Value>>;
  /// The first caller for a key gets the promise and must fulfil it; others get nullptr.
  std::pair<std::shared_future<Value>, Promise> join(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto [slot, is_first] = flights_.try_emplace(key);
    if (!is_first) return {slot->second, nullptr};
    auto promise = std::make_shared<std::promise<Value>>();
    slot->second = promise->get_future().share();
    return {slot->second, std::move(promise)};
  }
  void forget(const std::string& key) {
    const std::lock_guard lock(mutex_);
    flights_.erase(key);
  }
  /// The result, if it is complete; throws if it is an exception.
  std::optional<Value> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = flights_.find(key);
    if (found == flights_.end() ||
        found->second.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
      return std::nullopt;
    return found->second.get();
  }

 private:
  std::mutex mutex_;  ///< protects flights_
  std::map<std::string, std::shared_future<Value>> flights_;
};

/// Runs `work` and fulfils the promise with its value or exception.
template <class Value, class Work>
void keep(std::promise<Value>& promise, const Work& work) {
  try {
    promise.set_value(work());
  } catch (...) {
    promise.set_exception(std::current_exception());
  }
}

}  // namespace

struct IndexClient::Impl {
  Impl(StoreWriter& in_store, IndexSettings given, TransferObserver* watcher)
      : store(in_store),
        settings(std::move(given)),
        observer(watcher),
        http(settings.use_keyring ? LazyHttp::Keyring::asked : LazyHttp::Keyring::not_asked,
             settings.transfers),
        cache(store),
        projects(settings, cache, http),
        metadata(store, settings, cache, http),
        memory(memory_for_downloads()),
        waiting(kMostWaiting),
        quick(core_count(8)) {
    store.index();  // open it now, before several threads use it
  }
  /// Pending network requests fail now, so that the thread pools can end.
  ~Impl() { http.close(); }

  /// Tries without the network; if it is needed, continues in `waiting`, whose threads may block.
  template <class Value, class Find>
  void start(std::shared_ptr<std::promise<Value>> promise, Find find) {
    std::optional<Value> value;
    try {
      value = find(Reach::cache);
    } catch (...) {
      promise->set_exception(std::current_exception());
      return;
    }
    if (value) return promise->set_value(std::move(*value));
    waiting.post([promise, find] { keep(*promise, [&] { return *find(Reach::network); }); });
  }

  /// As `start`, on another thread: for work whose decoding takes longer than the hand-over.
  template <class Value, class Find>
  void schedule(std::shared_ptr<std::promise<Value>> promise, Find find) {
    quick.post([this, promise, find] { start(promise, find); });
  }

  FetchedFile download(const IndexFile& file, const std::atomic<bool>& is_given_up) {
    if (const Fd fd = metadata.take_wheel(file.url))
      return FetchedFile(MappedFile::of(fd.get(), file.filename));
    const std::uint64_t size = metadata.size_of(file).value_or(0);
    if (size > 0 && size <= kLargestInMemory)
      if (auto share = memory.take(size)) {
        Memory room(static_cast<std::size_t>(size));
        const std::uint64_t arrived = download_file(http, file, room.bytes(), observer, is_given_up);
        return FetchedFile(std::move(room), static_cast<std::size_t>(arrived), std::move(share));
      }
    const Fd fd = unnamed_file(store);
    download_file(http, file, fd.get(), observer, is_given_up);
    return FetchedFile(MappedFile::of(fd.get(), file.filename));
  }

  /// nullopt: it must be downloaded.
  std::optional<std::string> local_file(const IndexFile& file) const {
    if (const auto path = local_path(file.url)) {
      if (const auto real = real_path(*path)) return real;
      throw Error(ErrorKind::not_found, "cannot read '" + *path + "': it does not exist");
    }
    if (settings.offline)
      throw Error(ErrorKind::network,
                  "cannot fetch '" + file.filename + "': it is not in the store, and --offline forbids",
                  "run once without --offline");
    return std::nullopt;
  }

  StoreWriter& store;
  const IndexSettings settings;
  TransferObserver* const observer;
  LazyHttp http;
  DocumentCache cache;
  ProjectFinder projects;
  MetadataFinder metadata;
  MemoryBudget memory;
  SingleFlight<ProjectFiles> project_flights;
  SingleFlight<std::string> metadata_flights;
  // Destroyed before all other members; `quick` first, because it posts to `waiting`.
  ThreadPool waiting, quick;
};

IndexClient::IndexClient(StoreWriter& store, IndexSettings settings, TransferObserver* observer)
    : impl_(std::make_unique<Impl>(store, std::move(settings), observer)) {}

IndexClient::~IndexClient() = default;

std::shared_future<ProjectFiles> IndexClient::project(const std::string& normalized_name) {
  auto [future, promise] = impl_->project_flights.join(normalized_name);
  if (promise)
    impl_->schedule(std::move(promise), [impl = impl_.get(), normalized_name](Reach reach) {
      return impl->projects.find(normalized_name, reach);
    });
  return future;
}

void IndexClient::release_project(const std::string& normalized_name) {
  impl_->project_flights.forget(normalized_name);
}

std::optional<CachedPage> IndexClient::cached_page(const std::string& normalized_name) {
  return impl_->projects.cached_page(normalized_name);
}

std::shared_future<std::string> IndexClient::metadata(const IndexFile& file) {
  auto [future, promise] = impl_->metadata_flights.join(file.url);
  if (promise)
    impl_->start(std::move(promise),
                 [impl = impl_.get(), file](Reach reach) { return impl->metadata.find(file, reach); });
  return future;
}

std::optional<std::string> IndexClient::known_metadata(const IndexFile& file) {
  return impl_->metadata_flights.find(file.url);
}

void IndexClient::forget_metadata(const IndexFile& file) {
  impl_->metadata.forget(file);
}

FetchedFile IndexClient::download(const IndexFile& file, const std::atomic<bool>& is_given_up) {
  if (const auto local = impl_->local_file(file)) return FetchedFile(MappedFile::open(AT_FDCWD, *local));
  return impl_->download(file, is_given_up);
}

std::optional<std::uint64_t> IndexClient::size_of(const IndexFile& file) {
  return impl_->metadata.size_of(file);
}

}  // namespace envstore

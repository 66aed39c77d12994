#include "python/provision/fetch.h"

#include <fcntl.h>

#include <algorithm>
#include <thread>

#include "store/platform/error.h"
#include "store/platform/random.h"

namespace envstore {
namespace {

unsigned core_count() {
  return std::clamp(std::thread::hardware_concurrency(), 1u, 32u);
}

/// Releases what it acquired, whatever happens in between.
class Turn {
 public:
  explicit Turn(std::counting_semaphore<64>& semaphore) : semaphore_(semaphore) { semaphore_.acquire(); }
  ~Turn() { semaphore_.release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::counting_semaphore<64>& semaphore_;
};

}  // namespace

WheelFetcher::WheelFetcher(Store& store, Lease& lease, IndexClient& client, Progress& progress)
    : store_(store),
      lease_(lease),
      client_(client),
      progress_(progress),
      tmp_(lease.tmp_directory()),
      pool_(core_count()),
      unpacking_(core_count()) {}

WheelFetcher::~WheelFetcher() {
  for (auto& [key, future] : started_) future.wait();
}

std::shared_future<FetchedTree> WheelFetcher::start(const std::string& name,
                                                    const pypackaging::Version& version,
                                                    const IndexFile& file) {
  const std::lock_guard lock(mutex_);
  std::shared_future<FetchedTree>& slot = started_[file.url];
  if (slot.valid()) return slot;
  if (const auto tree = known_tree(file)) {
    std::promise<FetchedTree> there;
    there.set_value({*tree, true});
    slot = there.get_future().share();
  } else {
    slot = std::async(std::launch::async, [this, name, canonical = version.canonical(), file] {
             return fetch(name, canonical, file);
           }).share();
  }
  return slot;
}

std::optional<TreeId> WheelFetcher::known_tree(const IndexFile& file) {
  const auto hash = file.hashes.find("sha256");
  if (hash == file.hashes.end()) return std::nullopt;
  const auto id = WheelHash::parse(hash->second);
  if (!id) return std::nullopt;
  Index::Read rows = store_.index().read();
  const auto wheel = rows.wheel(*id);
  if (!wheel || !rows.tree(wheel->tree)) return std::nullopt;
  return wheel->tree;
}

FetchedTree WheelFetcher::fetch(const std::string& name, const std::string& version, const IndexFile& file) {
  const std::string path = store_.path() + "/" + tmp_ + "/" + random_name() + ".whl";
  const std::string local = client_.download(file, path).get();
  WheelOrigin origin;
  origin.filename = file.filename;
  origin.url = without_credentials(file.url);
  if (const auto hash = file.hashes.find("sha256"); hash != file.hashes.end())
    origin.expected_sha256 = hash->second;
  origin.expected_name = name;
  origin.expected_version = version;
  origin.on_warning = [this](const std::string& text) { progress_.warning(text); };
  const Turn turn(unpacking_);
  progress_.unpacking(file.filename);
  const TreeId tree = ingest_wheel(store_, lease_, pool_, local, origin);
  progress_.unpacked(file.filename);
  if (local == path) unlink_if_there(AT_FDCWD, path);
  return {tree, false};
}

}  // namespace envstore

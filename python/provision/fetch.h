#pragma once
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include "pypackaging/version.h"
#include "python/index/index_client.h"
#include "python/provision/progress.h"
#include "python/wheel/wheel.h"
#include "store/lease.h"
#include "store/store.h"

namespace envstore {

struct FetchedTree {
  TreeId tree;
  bool was_there = false;  ///< the store had it
};

/// Downloads wheels and unpacks them into the store, several at a time, each once. Thread-safe. A wheel that
/// has a row under its hash is neither downloaded nor opened.
class WheelFetcher {
 public:
  WheelFetcher(Store& store, Lease& lease, IndexClient& client, Progress& progress);
  ~WheelFetcher();  ///< waits for what is under way

  /// Starts, or returns what was started. The future throws what went wrong with the wheel.
  std::shared_future<FetchedTree> start(const std::string& name, const pypackaging::Version& version,
                                        const IndexFile& file);

 private:
  FetchedTree fetch(const std::string& name, const std::string& version, const IndexFile& file);
  std::optional<TreeId> known_tree(const IndexFile& file);

  Store& store_;
  Lease& lease_;
  IndexClient& client_;
  Progress& progress_;
  const std::string tmp_;
  WorkPool pool_;
  std::counting_semaphore<64> unpacking_;
  std::mutex mutex_;  ///< protects `started_`
  std::map<std::string, std::shared_future<FetchedTree>> started_;
};

}  // namespace envstore

#pragma once
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "pypackaging/version.h"
#include "python/index/index_client.h"
#include "python/index/thread_pool.h"
#include "python/provision/fetch_queue.h"
#include "python/provision/progress.h"
#include "python/wheel/file_digest.h"
#include "python/wheel/wheel.h"
#include "store/index/store.h"
#include "store/leases/lease.h"

namespace envstore {

struct FetchedTree {
  TreeId tree;
  bool was_there = false;  ///< the store had it
};

/// Downloads wheels and unpacks them into the store, several at a time, each once; while large ones arrive
/// one after another, those that are there are unpacked. Thread-safe. A wheel that has a row under its hash
/// is neither downloaded nor opened.
class WheelFetcher {
 public:
  /// `required`: a wheel without one of the hashes that its project needs is refused; lives as long as this.
  WheelFetcher(Store& store, Lease& lease, IndexClient& client, Progress& progress,
               const RequiredHashes& required);
  ~WheelFetcher();  ///< gives up what nobody waited for; waits for what is being unpacked

  /// Starts, or returns what was started. The future throws what went wrong with the wheel.
  std::shared_future<FetchedTree> start(const std::string& name, const pypackaging::Version& version,
                                        const IndexFile& file);
  /// As `start`, for a wheel that will likely be wanted: after all that are. Files that are very large, or of
  /// unknown size, wait until they are wanted.
  void prefetch(const std::string& name, const pypackaging::Version& version, const IndexFile& file);
  /// All that is wanted was started: what was only prefetched is given up.
  void drop_foreseen();

 private:
  struct Wheel;
  using WheelPointer = std::shared_ptr<Wheel>;

  WheelPointer enqueue(const std::string& name, const pypackaging::Version& version, const IndexFile& file,
                       FetchQueue::Need need);
  std::optional<TreeId> known_tree(const std::string& name, const IndexFile& file);
  bool meets_required_hash(const std::string& name, const std::string& sha256);
  void check_hashes(const Wheel& wheel) const;
  void keep_proof(const Wheel& wheel, const TreeId& tree);
  void dispatch();
  void download(const WheelPointer& wheel);
  void unpack_next();
  FetchedTree unpack(const Wheel& wheel);
  TreeId ingest(const Wheel& wheel, const WheelOrigin& origin);

  Store& store_;
  Lease& lease_;
  IndexClient& client_;
  Progress& progress_;
  const RequiredHashes& required_;
  WorkPool pool_;
  std::mutex mutex_;                            ///< protects what follows, up to the thread_pool
  std::map<std::string, WheelPointer> wheels_;  ///< by URL
  FetchQueue to_download_, to_unpack_;
  DownloadLimit limit_;
  bool is_settled_ = false;
  // Destroyed before all else, the downloads first: they post to the other.
  ThreadPool unpacking_, downloading_;
};

}  // namespace envstore
